import { type ComponentProps, useEffect, useRef } from 'react';
import './floating-bar.css';

/** What lies over the foot of the page. Notices stand above it, however high it is: it breaks into lines where there is little room. */
export function FloatingBar({ children, ...rest }: Omit<ComponentProps<'div'>, 'className' | 'ref'>) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = bar;
    if (current === null) return undefined;
    const { style } = document.documentElement;
    const seen = new ResizeObserver(() => style.setProperty('--floating', `${current.offsetHeight + 8}px`));
    seen.observe(current);
    return () => {
      seen.disconnect();
      style.removeProperty('--floating');
    };
  }, []);
  return (
    <div {...rest} ref={bar} className="floating-bar">
      {children}
    </div>
  );
}
