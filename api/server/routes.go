package server

import (
	"maps"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
)

// router is the EchoRouter on which the generated code registers its routes. Every method calls add, so that no
// operation lacks its checks.
type router struct {
	echo    *echo.Echo
	baseURL string
	missing map[route]Operation // operations that have not been added yet
	around  func(Operation) []echo.MiddlewareFunc
}

// newRouter returns a router for e. It also makes the operations known to OperationOf.
func newRouter(e *echo.Echo, baseURL string, operations []Operation) *router {
	if _, again := e.Binder.(*binder); again {
		panic("server.Register: this Echo already serves an API; use a separate Echo")
	}
	known := make(map[route]Operation, len(operations))
	for _, op := range operations {
		known[route{op.Method, baseURL + echoPath.Replace(op.Path)}] = op
	}
	e.Binder = &binder{operations: known, further: newDecoder(Operation{bodyRequired: true})}
	return &router{echo: e, baseURL: baseURL, missing: maps.Clone(known)}
}

// add assembles the handlers of an operation once, while Echo would do so for each request.
func (r *router) add(method, path string, h echo.HandlerFunc, inner []echo.MiddlewareFunc) *echo.Route {
	at := route{method, r.baseURL + path}
	op, ok := r.missing[at]
	if !ok {
		panic("server.Register: operations.gen.go has no " + method + " " + path + "; run go generate")
	}
	delete(r.missing, at)
	for _, m := range slices.Backward(slices.Concat(r.around(op), inner)) {
		h = m(h)
	}
	added := r.echo.Add(at.method, at.path, h)
	added.Name = op.ID
	return added
}

// checkAllAdded panics if the generated files do not come from the same openapi.yaml.
func (r *router) checkAllAdded() {
	for _, op := range r.missing {
		panic("server.Register: server.gen.go has no " + op.ID + "; run go generate")
	}
}

func (r *router) CONNECT(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodConnect, path, h, m)
}

func (r *router) DELETE(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodDelete, path, h, m)
}

func (r *router) GET(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodGet, path, h, m)
}

func (r *router) HEAD(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodHead, path, h, m)
}

func (r *router) OPTIONS(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodOptions, path, h, m)
}

func (r *router) PATCH(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodPatch, path, h, m)
}

func (r *router) POST(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodPost, path, h, m)
}

func (r *router) PUT(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodPut, path, h, m)
}

func (r *router) TRACE(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	return r.add(http.MethodTrace, path, h, m)
}
