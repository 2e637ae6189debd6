module citybrain

go 1.26.0

require (
	github.com/paulmach/orb v0.14.0 // indirect
	golang.org/x/image v0.47.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)
