// Package v2 registers what a manifest holds. This file is built in place of the SDK's own of the same name, which
// has a Go type for each kind and so needs a package for each group and version of the API: to compile those is more
// than half of the provider's build, and nothing else in it uses them. The engine is told the same type tokens.
package v2

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RegisterResource registers an object of any kind, as a resource without a Go type of its own.
func RegisterResource(
	ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input, opts ...pulumi.ResourceOption,
) (pulumi.CustomResource, error) {
	// Only the group without a name has one in type tokens.
	if apiVersion == "v1" {
		apiVersion = "core/v1"
	}
	var resource apiextensions.CustomResource
	token := "kubernetes:" + apiVersion + ":" + kind
	if err := ctx.RegisterResource(token, name, props, &resource, opts...); err != nil {
		return nil, err
	}
	return &resource, nil
}
