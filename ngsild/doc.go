// Package ngsild is the NGSI-LD API over the twin (ETSI GS CIM 009 V1.8.1), as JSON and JSON-LD over HTTP below /ngsi-ld/v1/.
//
// In: requests whose context carries a policy.Principal (policy.With). Out: entities as that principal may see them, changes of
// the twin, notifications by HTTP POST. The routes and the clauses that they follow:
//
//	POST   /entities                      create an entity (6.4.3.1): 201 and Location, 409 AlreadyExists
//	GET    /entities                      query (6.4.3.2): type id idPattern attrs q georel geometry coordinates geoproperty
//	                                      limit (20, at most 1000) offset count options
//	GET    /entities/{id}                 retrieve (6.5.3.1): attrs, options=keyValues,sysAttrs
//	DELETE /entities/{id}                 (6.5.3.2)
//	POST   /entities/{id}/attrs           append, options=noOverwrite (6.6.3.1): 204, or 207 with what was not done
//	PATCH  /entities/{id}/attrs           update what there is (6.6.3.2): 204 or 207
//	PATCH  /entities/{id}/attrs/{attr}    change members of one attribute (6.7.3.1)
//	DELETE /entities/{id}/attrs/{attr}    datasetId, deleteAll (6.7.3.2)
//	GET    /types                         details (6.25)
//	POST GET PATCH DELETE /subscriptions  (6.10, 6.11) and notifications (6.3.2 of the notification binding, 5.8.6)
//
// The header or parameter citybrain-branch names the branch that is read or written; without it, main. Tenants are something
// else, and NGSILD-Tenant is refused with 501. The header citybrain-purpose is the reader's purpose (package policy).
//
// Names are the twin's own: short names of the default vocabulary https://uri.etsi.org/ngsi-ld/default-vocab/, or full URIs.
// A context may be absent, the core context by its address, an object of terms and prefixes, or an array of these; names that it
// maps elsewhere are kept and answered as full URIs. No context is fetched: any other address is 503 LdContextNotAvailable.
// Attributes are taken in the normalized and in the concise form, a bare string, number or truth value included.
//
// The filter q is clause 4.9: ; binds tighter than |, brackets, == != < <= > >= ~= !~=, ranges a..b, lists a,b, existence,
// attr.sub for attributes of attributes and for observedAt, unitCode, datasetId and modifiedAt, attr[a.b] for members of
// values. Patterns are RE2. What is compared with an array is compared with each of its elements. An attribute's name there is
// a short name or prefix:name.
// The geo filter is clause 4.10 with near, within, intersects, disjoint and equals; the reference of within and disjoint from an
// area is a Polygon or MultiPolygon. Lines are straight in degrees, distances are metres on a sphere. contains and overlaps are
// answered 400.
//
// A value whose observedAt is older than the current one's enters history and does not replace it; the answer is 204 all the
// same. createdAt and modifiedAt are when the twin learnt of it, createdAt as far back as history is kept.
//
// Subscriptions are logged changes of main and survive a restart; their counters count from the process's start. Their makers
// see them, and administrators; up to 100 of a maker and 500 in all are served. They have entities, watchedAttributes, q, geoQ,
// throttling (seconds), expiresAt, isActive and notification with attributes, format (normalized, keyValues), sysAttrs and
// endpoint (uri, accept); PATCH replaces the members that it gives, each as a whole, and takes null ones away. q is answered as it
// was given.
//
// They watch main for attributes that are made or changed (a write of the same value is a change, a late value is none,
// deletions are none) and notify as their owner may see it, for the purpose of operation. What they filter is the entity when the
// change is looked at, milliseconds after it: what came and went between two looks is not seen. While an endpoint is slow or
// throttling holds, an entity waits once, with the newest state that matched, and what was replaced is counted as merged; beyond
// 1,000 waiting entities or 8 MiB of a notification, when a post fails, and when the owner's role changes meanwhile, entities are
// lost. An endpoint that failed is left alone for a second, then for twice as long each time, up to 64. Should changes come
// faster than they are looked at, that is a gap. All this is counted and shown in the subscription's notification member
// (entitiesMerged, entitiesLost, gaps). Nothing is posted twice, and what waits at the process's end is not posted.
//
// A subscription must not make this process ask other machines on its maker's behalf: endpoints are hosts that Config.Notify
// names or, for administrators and for who acts here without logging in, addresses of this machine's loopback. The address is
// checked again when connecting; redirects and proxies are not followed. A post has ten seconds; 2xx is success.
//
// Errors are answered as application/json with type, title, detail and status (5.5.2, 5.5.3).
//
// Not here: batch operations, merge and replace, temporal queries, registrations and federation, contexts (/jsonldContexts),
// scope and pick/omit/join/orderBy parameters, the type selection language beyond lists, GeoJSON answers, language filters,
// notification triggers, time-interval subscriptions, MQTT endpoints. A parameter or member that is not here is refused with
// 400, never ignored.
package ngsild
