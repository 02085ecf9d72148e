package password

import (
	"crypto/rand"
	"errors"
	"math/big"

	"vllm-platform/toolchain/stand-ins/internal/plugin"
)

// alphabets are the characters of each class.
var alphabets = map[string]string{
	"lower":   "abcdefghijklmnopqrstuvwxyz",
	"upper":   "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"numeric": "0123456789",
	"special": "!@#$%&*()-_=+[]{}<>:?",
}

// generate draws a password: first the least number of each class (also of a class that is switched off, as the
// official plugin does), then the rest from all classes that are on, all of it shuffled.
func generate(planned plugin.Properties) (string, error) {
	var letters, allowed []rune
	for index, class := range classes {
		alphabet := []rune(alphabets[class])
		if override, _ := planned["overrideSpecial"].(string); class == "special" && override != "" {
			alphabet = []rune(override)
		}
		letters = draw(letters, alphabet, int(number(planned[minimums[index]])))
		if planned[class] == true {
			allowed = append(allowed, alphabet...)
		}
	}
	if len(allowed) == 0 {
		return "", errors.New("Random Read Error: While attempting to generate a random value for this resource, " +
			"a read error was generated.\n\nOriginal Error: the character set specified is empty")
	}
	letters = draw(letters, allowed, int(number(planned["length"]))-len(letters))
	for last := len(letters) - 1; last > 0; last-- {
		other := below(last + 1)
		letters[last], letters[other] = letters[other], letters[last]
	}
	return string(letters), nil
}

// draw appends that many letters of the alphabet.
func draw(letters, alphabet []rune, count int) []rune {
	for range count {
		letters = append(letters, alphabet[below(len(alphabet))])
	}
	return letters
}

// below gives a whole number from 0 to limit - 1, each as likely as any other.
func below(limit int) int {
	drawn, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		panic(err) // never: crypto/rand ends the program when there is no randomness
	}
	return int(drawn.Int64())
}
