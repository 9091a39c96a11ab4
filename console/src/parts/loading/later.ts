import { type ComponentProps, type ComponentType, createElement, type ReactNode, use, useEffect } from 'react';

/** How long a failure holds: long enough to be shown, so that what fails is not asked for in a circle. */
const FAILED_MS = 1_000;
const AGAIN_MS = 3_000;

// A stylesheet that did not come stays in the page as one that is there, and would not be asked for again.
document.addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLLinkElement) target.remove();
  },
  true,
);

/** What forgets each failure that still holds. */
const failures = new Set<() => void>();

/** Has everything that failed asked for when it is shown next, however soon that is. */
export function askAgain(): void {
  for (const forget of failures) forget();
}

// biome-ignore lint/suspicious/noExplicitAny: whatever it is shown with is checked where it is shown
type AnyComponent = ComponentType<any>;

/** A component whose files come when it is first shown, or when `preload` is called. */
export type Later<T extends AnyComponent> = ((props: ComponentProps<T>) => ReactNode) & {
  readonly preload: () => Promise<void>;
};

/**
 * A component of a module that is loaded when it is first shown: its default export. Suspends meanwhile; throws what the import rejects
 * with where its files cannot be had, and asks for them again when it is shown anew: a server that was away comes back.
 */
export function later<T extends AnyComponent>(load: () => Promise<{ readonly default: T }>): Later<T> {
  let component: T | undefined;
  let failure: { readonly error: unknown } | undefined;
  let loading: Promise<void> | undefined;
  // React is told of what it waited for in later renders, too: it has to find the same uses in each.
  let awaited: Promise<void> | undefined;
  const preload = (): Promise<void> => {
    loading ??= load().then(
      (module) => {
        component = module.default;
      },
      (error: unknown) => {
        failure = { error };
        const forget = (): void => {
          failure = undefined;
          loading = undefined;
          failures.delete(forget);
        };
        failures.add(forget);
        setTimeout(forget, FAILED_MS);
      },
    );
    return loading;
  };
  const Shown = (props: ComponentProps<T>) => {
    if (failure !== undefined) throw failure.error;
    if (component === undefined) awaited = preload();
    if (awaited !== undefined) use(awaited);
    return component === undefined ? null : createElement(component, props);
  };
  return Object.assign(Shown, { preload });
}

/**
 * Has the files of what a page may open next come once the page stands, so that nobody waits for them: what has shown a placeholder is held
 * back by React for 300 ms, however soon it came.
 */
export function useAhead(...next: readonly Pick<Later<AnyComponent>, 'preload'>[]): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the components of a module are the same always
  useEffect(() => {
    for (const { preload } of next) void preload();
  }, []);
}

/** What `load` gives once it can be had: for what nobody asks for again, since nobody sees that it is missing. */
export async function untilHad<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
