package plugin

import "strings"

// A URN is "urn:pulumi:<stack>::<project>::<type of parent>$…$<type>::<name>"; a name may itself hold "::".
func urnParts(urn string) (resourceType, name string) {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) < 4 {
		return "", ""
	}
	types := strings.Split(parts[2], "$")
	return types[len(types)-1], parts[3]
}

// ResourceType gives the type of the resource that the URN names.
func ResourceType(urn string) string {
	resourceType, _ := urnParts(urn)
	return resourceType
}

// ResourceName gives the name that the program gave to the resource.
func ResourceName(urn string) string {
	_, name := urnParts(urn)
	return name
}
