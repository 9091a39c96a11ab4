// An application that asks published OpenFeature clients what its standard input tells it to: one JSON object a line comes in with an
// `id`, and one goes out with the same `id`; what the clients report by themselves goes out as it happens. The drivers of the other
// languages speak the same.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	flagd "github.com/open-feature/go-sdk-contrib/providers/flagd/pkg"
	"github.com/open-feature/go-sdk-contrib/providers/ofrep"
	"github.com/open-feature/go-sdk/openfeature"
)

type options struct {
	Host     string `json:"host"`
	HTTPPort uint16 `json:"httpPort"`
	HTTPURL  string `json:"httpUrl"`
	Token    string `json:"token"`
	Cache    bool   `json:"cache"`
}

type request struct {
	ID        int             `json:"id"`
	Operation string          `json:"operation"`
	Name      string          `json:"name"`
	Provider  string          `json:"provider"`
	Options   options         `json:"options"`
	Type      string          `json:"type"`
	Flag      string          `json:"flag"`
	Otherwise json.RawMessage `json:"otherwise"`
	Context   map[string]any  `json:"context"`
}

var saying sync.Mutex

func say(message map[string]any) {
	saying.Lock()
	defer saying.Unlock()
	line, err := json.Marshal(message)
	if err != nil {
		line, _ = json.Marshal(map[string]any{"id": message["id"], "error": err.Error()})
	}
	fmt.Println(string(line))
}

// The provider in RPC mode speaks Connect, and has no setting for a header: what stands before the host becomes one.
func newProvider(name string, o options) (openfeature.FeatureProvider, error) {
	if name == "ofrep" {
		return ofrep.NewProvider(o.HTTPURL, ofrep.WithBearerToken(o.Token)), nil
	}
	settings := []flagd.ProviderOption{
		flagd.WithRPCResolver(), flagd.WithHost("latchkey:" + o.Token + "@" + o.Host), flagd.WithPort(o.HTTPPort),
		flagd.WithEventStreamConnectionMaxAttempts(50),
	}
	if o.Cache {
		settings = append(settings, flagd.WithLRUCache(1000))
	} else {
		settings = append(settings, flagd.WithoutCache())
	}
	return flagd.NewProvider(settings...)
}

func open(r request) (map[string]any, error) {
	provider, err := newProvider(r.Provider, r.Options)
	if err != nil {
		return nil, err
	}
	if err := openfeature.SetNamedProviderAndWait(r.Name, provider); err != nil {
		return nil, err
	}
	client := openfeature.NewClient(r.Name)
	for _, event := range []openfeature.EventType{openfeature.ProviderReady, openfeature.ProviderConfigChange, openfeature.ProviderError, openfeature.ProviderStale} {
		report := func(details openfeature.EventDetails) {
			say(map[string]any{"name": r.Name, "event": string(event), "flags": append([]string{}, details.FlagChanges...)})
		}
		client.AddHandler(event, &report)
	}
	return map[string]any{}, nil
}

func evaluationContext(given map[string]any) openfeature.EvaluationContext {
	key, _ := given["targetingKey"].(string)
	attributes := map[string]any{}
	for name, value := range given {
		if name != "targetingKey" {
			attributes[name] = value
		}
	}
	return openfeature.NewEvaluationContext(key, attributes)
}

func told[T any](value T, details openfeature.EvaluationDetails) map[string]any {
	said := map[string]any{"value": value, "reason": details.Reason, "metadata": details.FlagMetadata}
	if details.Variant != "" {
		said["variant"] = details.Variant
	}
	if details.ErrorCode != "" {
		said["errorCode"], said["errorMessage"] = details.ErrorCode, details.ErrorMessage
	}
	return said
}

func ask(r request) (map[string]any, error) {
	client, about, background := openfeature.NewClient(r.Name), evaluationContext(r.Context), context.Background()
	// An error is told in the details, too.
	switch r.Type {
	case "boolean":
		var otherwise bool
		_ = json.Unmarshal(r.Otherwise, &otherwise)
		details, _ := client.BooleanValueDetails(background, r.Flag, otherwise, about)
		return told(details.Value, details.EvaluationDetails), nil
	case "string":
		var otherwise string
		_ = json.Unmarshal(r.Otherwise, &otherwise)
		details, _ := client.StringValueDetails(background, r.Flag, otherwise, about)
		return told(details.Value, details.EvaluationDetails), nil
	case "integer":
		var otherwise int64
		_ = json.Unmarshal(r.Otherwise, &otherwise)
		details, _ := client.IntValueDetails(background, r.Flag, otherwise, about)
		return told(details.Value, details.EvaluationDetails), nil
	case "float":
		var otherwise float64
		_ = json.Unmarshal(r.Otherwise, &otherwise)
		details, _ := client.FloatValueDetails(background, r.Flag, otherwise, about)
		return told(details.Value, details.EvaluationDetails), nil
	case "object":
		var otherwise any
		_ = json.Unmarshal(r.Otherwise, &otherwise)
		details, _ := client.ObjectValueDetails(background, r.Flag, otherwise, about)
		return told(details.Value, details.EvaluationDetails), nil
	}
	return nil, fmt.Errorf("nothing is called %q", r.Type)
}

func carryOut(r request) (map[string]any, error) {
	switch r.Operation {
	case "open":
		return open(r)
	case "ask":
		return ask(r)
	case "close":
		return map[string]any{}, nil
	}
	return nil, fmt.Errorf("nothing is called %q", r.Operation)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			say(map[string]any{"id": 0, "error": err.Error()})
			continue
		}
		go func() {
			result, err := carryOut(r)
			if err != nil {
				say(map[string]any{"id": r.ID, "error": err.Error()})
			} else {
				say(map[string]any{"id": r.ID, "result": result})
			}
			if r.Operation == "close" {
				os.Exit(0)
			}
		}()
	}
}
