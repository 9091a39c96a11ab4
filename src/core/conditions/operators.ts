import { Engine, type Operator, type OperatorDecorator } from 'json-rules-engine';
import { ADDED_OPERATORS, type Comparison } from './added-operators.js';

/** The methods of the library's operators that its types leave out. */
interface StockOperator extends Operator {
  evaluate(factValue: unknown, value: unknown): boolean;
}
interface StockDecorator extends OperatorDecorator {
  decorate(operator: StockOperator): StockOperator;
}
interface StockOperators {
  readonly operators: ReadonlyMap<string, StockOperator>;
  readonly decorators: ReadonlyMap<string, StockDecorator>;
}

/** Adds our operators to a stock engine. */
export function registerOperators(engine: Engine): void {
  for (const [name, { compare }] of ADDED_OPERATORS) engine.addOperator(name, compare);
}

const STOCK = stockOperators();

/** The operators and decorators of the library, with ours added. */
function stockOperators(): StockOperators {
  const engine = new Engine();
  registerOperators(engine);
  const { operators, decorators } = (engine as unknown as { readonly operators: StockOperators }).operators;
  return { operators: new Map(operators), decorators: new Map(decorators) };
}

/** The names of all operators, without decorators. */
export const OPERATOR_NAMES: readonly string[] = [...STOCK.operators.keys()];

/** The names of all decorators; `someFact:equal` is `equal` decorated. */
export const DECORATOR_NAMES: readonly string[] = [...STOCK.decorators.keys()];

/** How many decorators an operator may have. */
export const MAX_DECORATORS = 6;

/** An operator's name taken apart: its decorators, outermost first, and the operator itself. */
export interface OperatorName {
  readonly decorators: readonly string[];
  readonly operator: string;
}

/** Splits `someFact:not:equal` into `someFact`, `not` and `equal`, whether or not those exist. */
export function splitOperator(name: string): OperatorName {
  const parts = name.split(':');
  return { decorators: parts.slice(0, -1), operator: parts.at(-1) ?? '' };
}

/**
 * The comparison that an operator's name with its decorators stands for; undefined for an unknown name. It gives false where
 * the library's would throw, as `in` does with an absent list.
 */
export function comparisonOf(name: string): Comparison | undefined {
  const { decorators, operator } = splitOperator(name);
  let decorated = STOCK.operators.get(operator);
  for (const decoratorName of decorators.toReversed()) {
    const decorator = STOCK.decorators.get(decoratorName);
    if (decorator === undefined || decorated === undefined) return undefined;
    decorated = decorator.decorate(decorated);
  }
  return decorated && total(decorated);
}

function total(operator: StockOperator): Comparison {
  return (factValue, value) => {
    try {
      return operator.evaluate(factValue, value) === true;
    } catch {
      return false;
    }
  };
}
