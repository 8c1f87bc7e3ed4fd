package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/sandbox/controlserver"
	"github.com/vogent-community/phonenumbers/internal/sandbox/inbound"
	"github.com/vogent-community/phonenumbers/internal/sandbox/seed"
)

// controls implements the generated interface of control.yaml.
type controls struct {
	sandbox *Sandbox
	world   *world
}

var _ controlserver.StrictServerInterface = controls{}

// register adds the control paths to e.
func (c controls) register(e *echo.Echo) {
	controlserver.RegisterHandlers(e, controlserver.NewStrictHandler(c, []controlserver.StrictMiddlewareFunc{checkQuery}))
}

// checkQuery refuses queries that control.yaml does not allow, but that the generated code ignores.
func checkQuery(next controlserver.StrictHandlerFunc, operation string) controlserver.StrictHandlerFunc {
	return func(c echo.Context, request any) (any, error) {
		query, err := url.ParseQuery(c.Request().URL.RawQuery)
		if err != nil {
			return nil, api.NewProblem(api.CodeInvalidRequest, "The query cannot be parsed: "+err.Error()+".")
		}
		for name, values := range query {
			if operation != "ListRequests" || name != "operation" {
				return nil, api.NewProblem(api.CodeInvalidRequest, "", api.ProblemField{Pointer: name, Detail: "is not a parameter of this operation"})
			}
			if !slices.Contains(operations(), values[0]) {
				return nil, broken([]api.ProblemField{{Pointer: name, Detail: "must be one of " + strings.Join(operations(), ", ")}})
			}
		}
		return next(c, request)
	}
}

func (c controls) Reset(ctx context.Context, _ controlserver.ResetRequestObject) (controlserver.ResetResponseObject, error) {
	return controlserver.Reset204Response{}, c.sandbox.reset(ctx, nil)
}

func (c controls) ReplaceSeed(ctx context.Context, r controlserver.ReplaceSeedRequestObject) (controlserver.ReplaceSeedResponseObject, error) {
	if err := broken(seed.Check(*r.Body)); err != nil {
		return nil, err
	}
	return controlserver.ReplaceSeed204Response{}, c.sandbox.reset(ctx, r.Body)
}

func (c controls) ListRequests(_ context.Context, r controlserver.ListRequestsRequestObject) (controlserver.ListRequestsResponseObject, error) {
	return controlserver.ListRequests200JSONResponse(c.world.journal.List(r.Params.Operation)), nil
}

func (c controls) ListFaults(context.Context, controlserver.ListFaultsRequestObject) (controlserver.ListFaultsResponseObject, error) {
	return controlserver.ListFaults200JSONResponse{Faults: c.world.rules.List()}, nil
}

func (c controls) ReplaceFaults(_ context.Context, r controlserver.ReplaceFaultsRequestObject) (controlserver.ReplaceFaultsResponseObject, error) {
	if r.Body.Faults == nil {
		return nil, broken([]api.ProblemField{{Pointer: "/faults", Detail: "is required; an empty list removes all faults"}})
	}
	if err := broken(CheckFaults(r.Body.Faults)); err != nil {
		return nil, err
	}
	c.world.rules.Replace(r.Body.Faults)
	return controlserver.ReplaceFaults204Response{}, nil
}

func (c controls) PlaceCall(ctx context.Context, r controlserver.PlaceCallRequestObject) (controlserver.PlaceCallResponseObject, error) {
	call, err := c.world.calls.Call(ctx, *r.Body)
	for code, refusal := range refusals {
		if errors.Is(err, refusal) {
			return nil, fmt.Errorf("%w: %w", refused(code, refusal), err)
		}
	}
	if err != nil {
		return nil, rest.Problem(err)
	}
	return controlserver.PlaceCall200JSONResponse(call), nil
}

// refusals are the codes for a call that no agent would answer.
var refusals = map[api.ProblemCode]error{
	"number_unlinked": inbound.ErrUnlinked,
	"number_unknown":  inbound.ErrUnknown,
	"number_deleted":  inbound.ErrDeleted,
}

// refused returns the problem for a call that no agent would answer. Its detail is a sentence.
func refused(code api.ProblemCode, refusal error) *api.Problem {
	text := refusal.Error()
	problem := api.NewProblem(api.CodeValidationFailed, strings.ToUpper(text[:1])+text[1:]+".")
	problem.Code = code
	return problem
}

// broken returns the problem for broken rules, or nil if there are none.
func broken(rules []api.ProblemField) error {
	if len(rules) == 0 {
		return nil
	}
	return api.NewProblem(api.CodeValidationFailed, "", rules...)
}
