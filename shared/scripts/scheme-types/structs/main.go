// Writes shared/src/apiserver/schema/builtin/go-structs.json, what OpenAPI does not tell of the Go types behind the API:
// the order of fields, their Go names, which are pointers and which are always written.
//   go run ./structs > ../../src/apiserver/schema/builtin/go-structs.json
package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

var types = map[string][]string{}

func name(t reflect.Type) string {
	p := strings.TrimPrefix(t.PkgPath(), "k8s.io/api/")
	p = strings.TrimPrefix(p, "k8s.io/apimachinery/pkg/apis/")
	p = strings.TrimPrefix(p, "k8s.io/apiextensions-apiserver/pkg/apis/")
	return strings.ReplaceAll(p, "/", ".") + "." + t.Name()
}

var special = map[string]string{
	"k8s.io/apimachinery/pkg/api/resource.Quantity":                                         "quantity",
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString":                                       "intOrString",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":                                             "time",
	"k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":                                        "time",
	"k8s.io/apimachinery/pkg/runtime.RawExtension":                                          "raw",
	"k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":                                         "raw",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON":                         "raw",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray":       "raw",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool":        "raw",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray": "raw",
}

func code(t reflect.Type) string {
	if known := special[t.PkgPath()+"."+t.Name()]; known != "" {
		return known
	}
	switch t.Kind() {
	case reflect.Ptr:
		return code(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
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
	return "number"
}

func add(t reflect.Type) {
	n := name(t)
	if _, ok := types[n]; ok {
		return
	}
	types[n] = []string{}
	types[n] = fields(t)
}

func fields(t reflect.Type) []string {
	found := []string{}
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("json"), ",")
		options := strings.Join(tag[1:], ",")
		if strings.Contains(options, "inline") || (f.Anonymous && tag[0] == "") {
			found = append(found, fields(f.Type)...)
			continue
		}
		if tag[0] == "-" || tag[0] == "" {
			continue
		}
		flags := ""
		if !strings.Contains(options, "omit") {
			flags += "!"
		}
		if strings.Contains(options, "omitzero") {
			flags += "0"
		}
		if f.Type.Kind() == reflect.Ptr {
			flags += "*"
		}
		goName := f.Name
		if strings.ToLower(goName[:1])+goName[1:] != tag[0] {
			goName += "=" + tag[0]
		}
		found = append(found, strings.TrimSpace(goName+" "+code(f.Type)+" "+flags))
	}
	return found
}

func main() {
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		stable := !strings.Contains(gvk.Version, "alpha") && !strings.Contains(gvk.Version, "beta")
		meta := strings.HasPrefix(t.PkgPath(), "k8s.io/apimachinery")
		if !stable || meta || gvk.Version == "__internal" || strings.HasSuffix(gvk.Kind, "List") || strings.HasSuffix(gvk.Kind, "Options") {
			continue
		}
		add(t)
	}
	add(reflect.TypeOf(apiextensions.CustomResourceDefinition{}))
	var names []string
	for n := range types {
		names = append(names, n)
	}
	sort.Strings(names)
	fmt.Print("{\n")
	for i, n := range names {
		v, _ := json.Marshal(types[n])
		end := ",\n"
		if i == len(names)-1 {
			end = "\n"
		}
		fmt.Printf("%q:%s%s", n, v, end)
	}
	fmt.Print("}\n")
}
