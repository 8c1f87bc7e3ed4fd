// Rules that redocly.yaml cannot express.

const empty = (text) => typeof text !== 'string' || text.trim() === '';

// A component schema and a schema property have a description, or refer to a schema that has one.
function described() {
  const check = (schemas, { report, location }) => {
    for (const [name, schema] of Object.entries(schemas)) {
      if (schema.$ref === undefined && empty(schema.description)) {
        report({ message: `Describe ${name}.`, location: location.child([name]).key() });
      }
    }
  };
  return { NamedSchemas: check, SchemaProperties: check };
}

// The generator copies x-deprecated-reason into the doc comment, where an editor shows it.
function deprecatedReason() {
  const check = (node, { report, location }) => {
    if (node.deprecated === true && empty(node['x-deprecated-reason'])) {
      report({
        message: 'Say in x-deprecated-reason what to use instead.',
        location: location.child(['deprecated']),
      });
    }
  };
  return { Operation: check, Parameter: check, Header: check, Schema: check };
}

// A client may repeat a call without asking only if the contract says so.
function idempotent() {
  return {
    Operation(operation, { report }) {
      if (typeof operation['x-idempotent'] !== 'boolean') {
        report({
          message: 'Set x-idempotent: true if a client can safely repeat the call, else false.',
        });
      }
    },
  };
}

// OpenAPI 3.0 ignores the members beside a $ref, but the generator reads its extensions there.
function refSiblings() {
  return {
    ref(node, { report, location }) {
      for (const name of Object.keys(node)) {
        if (name !== '$ref' && !name.startsWith('x-')) {
          report({
            message: `Move ${name} into the component. OpenAPI 3.0 ignores it beside a $ref.`,
            location: location.child([name]).key(),
          });
        }
      }
    },
  };
}

export default function contract() {
  return {
    id: 'contract',
    rules: {
      oas3: {
        described,
        'deprecated-reason': deprecatedReason,
        idempotent,
        'ref-siblings': refSiblings,
      },
    },
  };
}
