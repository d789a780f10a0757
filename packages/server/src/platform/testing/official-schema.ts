/**
 * Compares answers with the schemas of Turso's own OpenAPI document, as far as that document uses JSON Schema.
 *
 * Stricter than JSON Schema in one point: a documented field must be there. The document marks hardly any field as
 * required, and a client written after it relies on all of them.
 *
 * @module
 */

export interface OfficialSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, OfficialSchema>>;
  readonly additionalProperties?: OfficialSchema;
  readonly items?: OfficialSchema;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly allOf?: readonly OfficialSchema[];
  readonly oneOf?: readonly OfficialSchema[];
  readonly format?: string;
}

export interface OfficialOperation {
  readonly operationId: string;
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, OfficialResponse>>;
}

export interface OfficialResponse {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: OfficialSchema }>>;
}

export interface OfficialDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OfficialOperation>>>>;
  readonly components: unknown;
}

export class OfficialSchemas {
  readonly #document: OfficialDocument;

  constructor(document: OfficialDocument) {
    this.#document = document;
  }

  responseSchema(response: OfficialResponse | undefined): OfficialSchema | undefined {
    const resolved = response?.$ref === undefined ? response : (this.#resolve(response.$ref) as OfficialResponse);
    return resolved?.content?.['application/json']?.schema;
  }

  /** What is wrong with the value, each with its place; nothing when it fits. */
  problems(schema: OfficialSchema, value: unknown, place: string): string[] {
    if (schema.$ref !== undefined) {
      return this.problems(this.#resolve(schema.$ref) as OfficialSchema, value, place);
    }
    if (schema.allOf !== undefined) {
      return schema.allOf.flatMap((part) => this.problems(part, value, place));
    }
    if (schema.oneOf !== undefined) {
      const fits = schema.oneOf.some((option) => this.problems(option, value, place).length === 0);
      return fits ? [] : [`${place} fits none of the alternatives`];
    }
    if (value === undefined) {
      return [`${place} is missing`];
    }
    if (value === null) {
      return schema.nullable === true ? [] : [`${place} is null`];
    }
    if (schema.type !== undefined && schema.type !== typeOf(value)) {
      return [`${place} is ${typeOf(value)}, not ${schema.type}`];
    }
    return [...ownProblems(schema, value, place), ...this.#innerProblems(schema, value, place)];
  }

  #innerProblems(schema: OfficialSchema, value: unknown, place: string): string[] {
    if (Array.isArray(value)) {
      const { items } = schema;
      return items === undefined
        ? []
        : value.flatMap((item, index) => this.problems(items, item, `${place}[${index}]`));
    }
    if (typeof value !== 'object' || value === null) {
      return [];
    }
    const fields = value as Readonly<Record<string, unknown>>;
    return Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      this.problems(property, fields[name], `${place}.${name}`),
    );
  }

  #resolve(reference: string): unknown {
    let found: unknown = this.#document;
    for (const name of reference.replace('#/', '').split('/')) {
      found = (found as Readonly<Record<string, unknown>>)[name];
    }
    return found;
  }
}

function ownProblems(schema: OfficialSchema, value: unknown, place: string): string[] {
  const problems: string[] = [];
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    problems.push(`${place} is ${JSON.stringify(value)}, which is none of the documented values`);
  }
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(String(value)))) {
    problems.push(`${place} is no time`);
  }
  return problems;
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) {
    return 'array';
  }
  return Number.isInteger(value) ? 'integer' : typeof value;
}
