// Writes shared/src/engine/scheme/types.json from the Go types of Kubernetes: go run . > ../../src/engine/scheme/types.json
package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"k8s.io/client-go/kubernetes/scheme"
)

var types = map[string]map[string]string{}

func name(t reflect.Type) string {
	p := strings.TrimPrefix(t.PkgPath(), "k8s.io/api/")
	p = strings.TrimPrefix(p, "k8s.io/apimachinery/pkg/apis/")
	p = strings.TrimPrefix(p, "k8s.io/apiextensions-apiserver/pkg/apis/")
	p = strings.TrimPrefix(p, "k8s.io/kube-aggregator/pkg/apis/")
	return strings.ReplaceAll(p, "/", ".") + "." + t.Name()
}

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
	case "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON", "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray",
		"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool", "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray",
		"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaProps":
		return "raw"
	}
	switch t.Kind() {
	case reflect.Ptr:
		return code(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64, reflect.Uint16, reflect.Uint8, reflect.Int8, reflect.Int16:
		return t.Kind().String()
	case reflect.Float32, reflect.Float64:
		return "float"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + code(t.Elem())
	case reflect.Map:
		return "{}" + code(t.Elem())
	case reflect.Struct:
		add(t)
		return "#" + name(t)
	case reflect.Interface:
		return "raw"
	}
	panic(fmt.Sprint("kind ", t))
}

func add(t reflect.Type) {
	n := name(t)
	if _, ok := types[n]; ok {
		return
	}
	f := map[string]string{}
	types[n] = f
	fields(t, f)
}

func fields(t reflect.Type, out map[string]string) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		parts := strings.Split(tag, ",")
		inline := false
		omit := false
		for _, p := range parts[1:] {
			if p == "inline" {
				inline = true
			}
			if p == "omitempty" || p == "omitzero" {
				omit = true
			}
		}
		if inline || (f.Anonymous && parts[0] == "") {
			ft := f.Type
			if ft.Kind() == reflect.Ptr {
				ft = ft.Elem()
			}
			fields(ft, out)
			continue
		}
		if parts[0] == "-" || parts[0] == "" {
			continue
		}
		c := code(f.Type)
		// flags: ! always written, * pointer, ~strategy, @mergeKey
		flags := ""
		if !omit {
			flags += "!"
		}
		if f.Type.Kind() == reflect.Ptr {
			flags += "*"
		}
		s := c
		if flags != "" {
			s += " " + flags
		}
		if ps := f.Tag.Get("patchStrategy"); ps != "" {
			s += " ~" + ps
		}
		if mk := f.Tag.Get("patchMergeKey"); mk != "" {
			s += " @" + mk
		}
		out[parts[0]] = s
	}
}

func main() {
	s := scheme.Scheme
	kinds := map[string]string{}
	for gvk, t := range s.AllKnownTypes() {
		if gvk.Version == "__internal" || strings.Contains(gvk.Version, "alpha") || strings.HasSuffix(gvk.Kind, "Review") || strings.HasSuffix(gvk.Kind, "Options") || strings.HasSuffix(gvk.Kind, "List") || gvk.Kind == "WatchEvent" {
			continue
		}
		if strings.HasPrefix(t.PkgPath(), "k8s.io/apimachinery") {
			continue
		}
		add(t)
		g := gvk.Group + "/" + gvk.Version
		if gvk.Group == "" {
			g = gvk.Version
		}
		kinds[g+"/"+gvk.Kind] = name(t)
	}
	// One entry a line keeps changes readable.
	fmt.Print("{\"kinds\":{\n")
	lines(kinds)
	fmt.Print("},\"types\":{\n")
	lines(types)
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
