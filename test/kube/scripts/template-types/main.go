// Writes src/controllers/template-types.json, the Go types that a PodTemplateSpec is made of, in the order of their
// fields: go run . > ../../src/controllers/template-types.json
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
)

type row struct {
	Print  string     `json:"print"`
	Kind   string     `json:"kind"`
	Of     string     `json:"of,omitempty"`
	Fields [][]string `json:"fields,omitempty"`
}

var rows = map[string]row{}

// special types are made by hand from the JSON that they stand for.
var special = map[string]bool{
	"k8s.io/apimachinery/pkg/api/resource.Quantity":   true,
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString": true,
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":       true,
}

func id(t reflect.Type) string {
	if t.PkgPath() != "" {
		parts := strings.Split(t.PkgPath(), "/")
		return strings.Join(parts[max(0, len(parts)-2):], "/") + "." + t.Name()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + id(t.Elem())
	case reflect.Slice:
		return "[]" + id(t.Elem())
	case reflect.Map:
		return "map[" + id(t.Key()) + "]" + id(t.Elem())
	}
	return t.String()
}

func add(t reflect.Type) string {
	n := id(t)
	if _, ok := rows[n]; ok {
		return n
	}
	r := row{Print: t.String(), Kind: t.Kind().String()}
	rows[n] = r
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		r.Of = add(t.Elem())
	case reflect.Struct:
		if special[t.PkgPath()+"."+t.Name()] {
			r.Kind = t.Name()
			break
		}
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			r.Fields = append(r.Fields, []string{f.Name, name, add(f.Type)})
		}
	}
	rows[n] = r
	return n
}

func main() {
	add(reflect.TypeFor[core.PodTemplateSpec]())
	names := slices.Sorted(maps.Keys(rows))
	for i, name := range names {
		line, err := json.Marshal(rows[name])
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s%q:%s", map[bool]string{true: "{", false: ",\n"}[i == 0], name, line)
	}
	fmt.Println("}")
}
