// Writes shared/src/apiserver/protobuf/messages.json, the field numbers of Kubernetes' protobuf messages:
// go run ./protobuf > ../../src/apiserver/protobuf/messages.json
package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"k8s.io/client-go/kubernetes/scheme"
)

var messages = map[string]map[string][2]string{}

func name(t reflect.Type) string {
	p := strings.TrimPrefix(t.PkgPath(), "k8s.io/api/")
	p = strings.TrimPrefix(p, "k8s.io/apimachinery/pkg/apis/")
	return strings.ReplaceAll(p, "/", ".") + "." + t.Name()
}

// code: [] list, {} map, () a list in a message of its own, * may be set to its zero value, # a message.
func code(t reflect.Type) string {
	switch t.PkgPath() + "." + t.Name() {
	case "k8s.io/apimachinery/pkg/api/resource.Quantity":
		return "quantity"
	case "k8s.io/apimachinery/pkg/util/intstr.IntOrString":
		return "intOrString"
	case "k8s.io/apimachinery/pkg/apis/meta/v1.Time":
		return "time"
	case "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":
		return "microTime"
	case "k8s.io/apimachinery/pkg/apis/meta/v1.Duration":
		return "duration"
	case "k8s.io/apimachinery/pkg/runtime.RawExtension", "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":
		return "raw"
	}
	switch t.Kind() {
	case reflect.Ptr:
		return "*" + code(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64, reflect.Uint16, reflect.Uint8:
		return "int"
	case reflect.Float32, reflect.Float64:
		return "double"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		if t.Name() != "" {
			return "()" + code(t.Elem())
		}
		return "[]" + code(t.Elem())
	case reflect.Map:
		return "{}" + code(t.Elem())
	case reflect.Struct:
		add(t)
		return "#" + name(t)
	}
	return "raw"
}

func add(t reflect.Type) {
	n := name(t)
	if _, ok := messages[n]; ok {
		return
	}
	out := map[string][2]string{}
	messages[n] = out
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		proto := strings.Split(f.Tag.Get("protobuf"), ",")
		if len(proto) < 2 {
			continue
		}
		// An empty name: the fields of that message are written among those around it.
		out[proto[1]] = [2]string{strings.Split(f.Tag.Get("json"), ",")[0], code(f.Type)}
	}
}

func main() {
	kinds := map[string]string{}
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if gvk.Version == "__internal" || strings.Contains(gvk.Version, "alpha") || strings.HasSuffix(gvk.Kind, "List") || gvk.Kind == "WatchEvent" {
			continue
		}
		if strings.HasPrefix(t.PkgPath(), "k8s.io/apimachinery") && gvk.Group != "" {
			continue
		}
		g := gvk.Group + "/" + gvk.Version
		if gvk.Group == "" {
			g = gvk.Version
		}
		if t.Kind() == reflect.Struct {
			add(t)
			kinds[g+"/"+gvk.Kind] = name(t)
		}
	}
	// One entry a line keeps changes readable.
	fmt.Print("{\"kinds\":{\n")
	lines(kinds)
	fmt.Print("},\"messages\":{\n")
	lines(messages)
	fmt.Print("}}\n")
}

func lines[V any](m map[string]V) {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for i, k := range keys {
		v, _ := json.Marshal(m[k])
		end := ",\n"
		if i == len(keys)-1 {
			end = "\n"
		}
		fmt.Printf("%q:%s%s", k, v, end)
	}
}
