/** Which variables a function or class uses that it does not declare itself. */
import { parse, type Node } from "acorn";

/** @param source an expression: a function, a class. @throws {SyntaxError} */
export function freeVariables(source: string): ReadonlySet<string> {
  const program = parse(`(${source})`, {
    ecmaVersion: "latest",
    sourceType: "module",
    allowAwaitOutsideFunction: true,
  });
  const free = new Set<string>();
  visit(program, new Scope(undefined), free);
  return free;
}

class Scope {
  readonly #outer: Scope | undefined;
  readonly #names = new Set<string>();

  constructor(outer: Scope | undefined) {
    this.#outer = outer;
  }

  declare(name: string): void {
    this.#names.add(name);
  }

  knows(name: string): boolean {
    return this.#names.has(name) || this.#outer?.knows(name) === true;
  }
}

function visit(node: Node, scope: Scope, free: Set<string>): void {
  switch (node.type) {
    case "Identifier": {
      const name = String(Reflect.get(node, "name"));
      if (!scope.knows(name)) free.add(name);
      return;
    }
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      visitFunction(node, scope, free);
      return;
    case "ClassDeclaration":
    case "ClassExpression": {
      const inner = new Scope(scope);
      declareIn(child(node, "id"), inner);
      visitChildren(node, inner, free, ["id"]);
      return;
    }
    case "MemberExpression":
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      visitKeyed(node, scope, free);
      return;
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      visitChildren(node, scope, free, ["label"]);
      return;
    case "MetaProperty":
      return;
    default:
      visitBlock(node, scope, free);
      return;
  }
}

const BLOCKS = new Set([
  "Program",
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "SwitchStatement",
  "CatchClause",
  "StaticBlock",
]);

function visitBlock(node: Node, scope: Scope, free: Set<string>): void {
  if (!BLOCKS.has(node.type)) {
    visitChildren(node, scope, free, []);
    return;
  }
  const inner = new Scope(scope);
  if (node.type === "CatchClause") declareIn(child(node, "param"), inner);
  hoist(node, inner);
  visitChildren(node, inner, free, []);
}

function visitFunction(node: Node, scope: Scope, free: Set<string>): void {
  const inner = new Scope(scope);
  inner.declare("arguments");
  declareIn(child(node, "id"), inner);
  for (const parameter of children(node, "params")) declareIn(parameter, inner);
  hoist(node, inner);
  visitChildren(node, inner, free, ["id"]);
}

/** A key that is not computed is a name and no variable. */
function visitKeyed(node: Node, scope: Scope, free: Set<string>): void {
  const key = node.type === "MemberExpression" ? "property" : "key";
  visitChildren(node, scope, free, Reflect.get(node, "computed") === true ? [] : [key]);
}

function visitChildren(node: Node, scope: Scope, free: Set<string>, except: readonly string[]): void {
  for (const name of Object.keys(node)) {
    if (except.includes(name)) continue;
    for (const inner of children(node, name)) visit(inner, scope, free);
  }
}

/** Declares what stands directly in a block; and in a function also what `var` and inner blocks declare: a little too much is harmless. */
function hoist(node: Node, scope: Scope): void {
  for (const name of Object.keys(node)) {
    for (const inner of children(node, name)) {
      if (inner.type === "FunctionDeclaration" || inner.type === "ClassDeclaration")
        declareIn(child(inner, "id"), scope);
      else if (inner.type === "VariableDeclarator") declareIn(child(inner, "id"), scope);
      if (!/Function|Class/.test(inner.type)) hoist(inner, scope);
    }
  }
}

/** Declares the names of a pattern. */
function declareIn(pattern: Node | undefined, scope: Scope): void {
  if (pattern === undefined) return;
  switch (pattern.type) {
    case "Identifier":
      scope.declare(String(Reflect.get(pattern, "name")));
      return;
    case "AssignmentPattern":
      declareIn(child(pattern, "left"), scope);
      return;
    case "RestElement":
      declareIn(child(pattern, "argument"), scope);
      return;
    case "ArrayPattern":
      for (const element of children(pattern, "elements")) declareIn(element, scope);
      return;
    case "ObjectPattern":
      for (const property of children(pattern, "properties"))
        declareIn(property.type === "Property" ? child(property, "value") : property, scope);
      return;
    default:
      return;
  }
}

function child(node: Node, name: string): Node | undefined {
  return children(node, name)[0];
}

function children(node: Node, name: string): Node[] {
  const value: unknown = Reflect.get(node, name);
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
