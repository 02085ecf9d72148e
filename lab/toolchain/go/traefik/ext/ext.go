// Package ext holds the extension points of Traefik's dynamic configuration. The original lies below Traefik's own module
// as a module of its own, which module archives leave out. It has no fields either.
package ext

// HTTP extends nothing.
type HTTP struct{}

// DeepCopyInto copies nothing.
func (*HTTP) DeepCopyInto(*HTTP) {}

// Router extends nothing.
type Router struct{}

// DeepCopyInto copies nothing.
func (*Router) DeepCopyInto(*Router) {}
