// Package surface moves water over a grid of square cells, by one of two schemes.
//
// Inertial: the local-inertial form of the shallow-water equations (Bates, Horritt & Fewtrell 2010), friction taken at the new
// discharge, with the upwind advection of momentum (Stelling & Duinmeijer 2003) and divergence damping, or without both the weighted
// old discharge of de Almeida, Bates, Freer & Souvignet 2012 (eq. 11; examined in de Almeida & Bates 2013); and a limiter that lets
// no cell give more than it holds, so that no water is made. Water deeper than Deep has momentum by a shorter step than its mass.
//
// Shallow: the full equations by finite volumes, second order in space and time (MUSCL-Hancock with van Leer's limiter), the HLLC
// solver of Toro 2001, hydrostatic reconstruction (Audusse et al. 2004) written so that a lake at rest leaves nothing but exact
// zeros, and implicit friction. The same limiter keeps depths positive.
//
// In: a Domain (ground in metres, Manning's n in s·m^(−1/3), edges, sources, rain, water at the start) and a Config. Out: depth in
// metres and discharge per metre of width in m²/s in each cell, largest depths, and an account of every cubic metre.
//
// A Subgrid holds tables of the ground below the size of a cell, and a Batch steps the members of an ensemble over one, each with the
// bits that it has alone.
//
// Beside them: soils (Green & Ampt, curve number), wind, structures between cells (weirs, gates, culverts, bridges) and breaches.
//
// Both schemes run in single or double precision on any number of threads with the same bits. In single precision a cell's depth
// carries the rounding error of its increments (Kahan), so that mass holds. Only tiles of 1 × 16 cells that are wet or touch
// wet ones are stepped. A Step leaves no goroutine behind.
package surface
