import type { ReactElement, SVGProps } from 'react';

export type Icon = (props: SVGProps<SVGSVGElement>) => ReactElement;

/**
 * Makes an icon of the path of its lines: on a grid of 24, two wide, with round ends and joints, in the colour of the text around. It is
 * hidden from who has the page read aloud unless it is given a name. One that points `along` the line of text points the other way where
 * one reads from right to left.
 */
export function drawn(path: string, along?: 'along'): Icon {
  return function DrawnIcon({ className, ...props }) {
    return (
      // biome-ignore lint/a11y/noSvgWithoutTitle: its name is an attribute, where it has one.
      <svg
        width={24}
        height={24}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={2}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden={props['aria-label'] === undefined || undefined}
        className={along === undefined ? className : `icon-along ${className ?? ''}`}
        {...props}
      >
        <path d={path} />
      </svg>
    );
  };
}

/** The path of a circle. */
export function circle(x: number, y: number, radius: number): string {
  return `M${x - radius} ${y}a${radius} ${radius} 0 1 1 ${2 * radius} 0a${radius} ${radius} 0 1 1 ${-2 * radius} 0`;
}

/** The path of a point, a little wider than a line. */
export function dot(x: number, y: number): string {
  return circle(x, y, 0.35);
}
