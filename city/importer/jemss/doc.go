// Package jemss reads the city models of JEMSS (Ridler, Mason and Raith 2021): an ambulance service, its roads and its calls.
//
// In: a folder with stations_1.csv, hospitals_1.csv, ambulances_1.csv, priorities_1.csv, travel_1.csv, map_1.csv, demand_1.csv,
// demand_coverage_1.csv, roads.zip (nodes.csv and arcs.csv; or the two files beside the others), population_density.xyz.gz in
// place of the model's raster, redispatch_lower_to_high.csv where not JEMSS' own rule holds, and gen_config_test.xml where calls
// are to be drawn; and files of calls, plain or .gz. JEMSS has days and km; out come seconds (a city.EMS and []city.EMSCall).
//
// A file is a row of tables: a line with the table's name, one with its columns, its rows, and a blank line. Columns that we
// don't know are left aside. Each error names file, line and field.
package jemss
