package password

import (
	"maps"

	"golang.org/x/crypto/bcrypt"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// id is every password's resource id.
const id = "none"

// bcryptLimit is how many bytes of a password bcrypt looks at.
const bcryptLimit = 72

// state gives what is stored of a new password.
func state(planned plugin.Properties, password string) (plugin.Properties, error) {
	hashed := []byte(password)
	hash, err := bcrypt.GenerateFromPassword(hashed[:min(len(hashed), bcryptLimit)], bcrypt.DefaultCost)
	if err != nil {
		return nil, err
	}
	stored := maps.Clone(planned)
	stored["id"] = id
	stored["result"] = plugin.Secret(password)
	stored["bcryptHash"] = plugin.Secret(string(hash))
	maps.Copy(stored, bookkeeping(stored))
	return stored, nil
}

// bookkeeping is what the official plugin's framework stores beside the resource's own properties: the version of the
// state's schema, and how properties differ from their Terraform form (where null and absent are two things). With it
// the official plugin reads a stand-in's state as its own.
func bookkeeping(stored plugin.Properties) plugin.Properties {
	null := plugin.Secret(map[string]any{"replace": map[string]any{"raw": nil}})
	delta := map[string]any{}
	if _, found := stored["keepers"]; found {
		delta["keepers"] = map[string]any{"map": map[string]any{}}
	} else {
		delta["keepers"] = null
	}
	if _, found := stored["overrideSpecial"]; !found {
		delta["overrideSpecial"] = null
	}
	return plugin.Properties{
		"__meta":                   `{"schema_version":"3"}`,
		"__pulumi_raw_state_delta": map[string]any{"obj": map[string]any{"ps": delta}},
	}
}
