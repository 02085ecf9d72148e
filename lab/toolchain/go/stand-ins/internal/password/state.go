package password

import (
	"crypto/rand"
	"maps"
	"math/big"

	"golang.org/x/crypto/bcrypt"
	"google.golang.org/protobuf/types/known/structpb"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// id is every password's resource id.
const id = "none"

// bcryptLimit is how many bytes of a password bcrypt looks at.
const bcryptLimit = 72

const (
	lettersAndDigits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	specialLetters   = "!@#$%&*()-_=+[]{}<>:?"
)

// plan gives the inputs completed by the official plugin's defaults, as the state will hold them. Defaults are set here
// and not by Check, so that they are no part of the inputs that the engine compares.
func plan(inputs *structpb.Struct) plugin.Properties {
	planned := plugin.Properties{
		"lower": true, "upper": true, "number": true, "numeric": true, "special": true,
		"minLower": 0.0, "minUpper": 0.0, "minNumeric": 0.0, "minSpecial": 0.0,
	}
	maps.Copy(planned, plugin.FromWire(inputs))
	return planned
}

// complete adds to a plan what is stored of a new password.
func complete(planned plugin.Properties) error {
	password := generate(planned)
	hash, err := bcrypt.GenerateFromPassword(password[:min(len(password), bcryptLimit)], bcrypt.DefaultCost)
	if err != nil {
		return err
	}
	// What the official plugin's framework stores beside the resource's own properties: the version of the state's schema,
	// and how properties differ from their Terraform form (where null and absent are two things). With it the official
	// plugin reads a stand-in's state as its own.
	null := plugin.Secret(map[string]any{"replace": map[string]any{"raw": nil}})
	delta := map[string]any{"keepers": null, "overrideSpecial": null}
	maps.Copy(planned, plugin.Properties{
		"id":                       id,
		"result":                   plugin.Secret(string(password)),
		"bcryptHash":               plugin.Secret(string(hash)),
		"__meta":                   `{"schema_version":"3"}`,
		"__pulumi_raw_state_delta": map[string]any{"obj": map[string]any{"ps": delta}},
	})
	return nil
}

// generate draws a password; each letter is as likely as any other.
func generate(planned plugin.Properties) []byte {
	alphabet := lettersAndDigits
	if planned["special"] == true {
		alphabet += specialLetters
	}
	length, _ := planned["length"].(float64) // Check has seen to it
	password := make([]byte, int(length))
	for index := range password {
		drawn, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			panic(err) // never: crypto/rand ends the program when there is no randomness
		}
		password[index] = alphabet[drawn.Int64()]
	}
	return password
}
