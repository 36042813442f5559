/**
 * The ground within a fence: how far outside a place lies, how far a fence reaches, whether two of them share ground. Flat: fences
 * are small. Pure.
 */

/** In WGS-84, longitude first. */
type Corner = readonly [longitude: number, latitude: number];
export type Shape =
  | { readonly type: 'circle'; readonly centre: Corner; readonly radiusMetres: number }
  | { readonly type: 'polygon'; readonly points: readonly Corner[] };

/** Of latitude; one of longitude has less, by the cosine of the latitude. */
export const METRES_PER_DEGREE = 111_195;
const RADIANS = Math.PI / 180;

/** How far outside a shape a place lies; below zero, how far inside. */
export function metresOutside(shape: Shape, longitude: number, latitude: number): number {
  const metresFrom = flatAround([longitude, latitude]);
  if (shape.type === 'circle') return Math.hypot(...metresFrom(shape.centre)) - shape.radiusMetres;
  const corners = shape.points.map(metresFrom);
  let nearest = Number.POSITIVE_INFINITY;
  let isInside = false;
  corners.forEach(([x1, y1], index) => {
    const [x2, y2] = corners[(index + 1) % corners.length]!;
    nearest = Math.min(nearest, metresToSegment(x1, y1, x2, y2));
    if (y1 > 0 !== y2 > 0 && x1 + ((x2 - x1) * -y1) / (y2 - y1) > 0) isInside = !isInside;
  });
  return isInside ? -nearest : nearest;
}

/** Metres east and north of a place. */
function flatAround([longitude, latitude]: Corner): (place: Corner) => readonly [number, number] {
  const perDegreeEast = METRES_PER_DEGREE * Math.cos(latitude * RADIANS);
  return ([lon, lat]) => [(lon - longitude) * perDegreeEast, (lat - latitude) * METRES_PER_DEGREE];
}

/** From the origin. */
function metresToSegment(x1: number, y1: number, x2: number, y2: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = dx === 0 && dy === 0 ? 0 : Math.max(0, Math.min(1, -(x1 * dx + y1 * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x1 + along * dx, y1 + along * dy);
}

/** Between the farthest corners; of a circle, across. */
export function extentMetres(shape: Shape): number {
  if (shape.type === 'circle') return 2 * shape.radiusMetres;
  const { points } = shape;
  return Math.max(...points.map((from) => Math.max(...points.map((to) => Math.hypot(...flatAround(from)(to))))));
}

/** A line told in a shifted system is not quite straight in ours. */
const WIDTH_MIN_METRES = 1;

/** By the shoelace formula: narrower than a metre, taken all along, it is a line. */
export function hasArea(shape: Shape): boolean {
  if (shape.type === 'circle') return true;
  const corners = shape.points.map(flatAround(shape.points[0]!));
  const twice = corners.reduce((sum, [x1, y1], index) => {
    const [x2, y2] = corners[(index + 1) % corners.length]!;
    return sum + x1 * y2 - x2 * y1;
  }, 0);
  return Math.abs(twice) / 2 > extentMetres(shape) * WIDTH_MIN_METRES;
}

/** Is there ground within both? Neighbours whose fences touch share none. */
export function shareGround(one: Shape, other: Shape): boolean {
  if (one.type === 'circle') return metresOutside(other, ...one.centre) < one.radiusMetres;
  if (other.type === 'circle') return shareGround(other, one);
  const [a, b] = [one, other].map(({ points }) => points.map((corner) => onGrid(corner, one.points[0]!)));
  if (edgesOf(a!).some((edge) => edgesOf(b!).some((across) => cross(edge, across)))) return true;
  const [ofA, ofB] = [sidesOf(a!, b!), sidesOf(b!, a!)];
  // Neither line comes into the other: they lie apart, or are one and the same.
  return ofA.includes('inside') || ofB.includes('inside') || ofA.every((side) => side === 'on');
}

type GridPoint = readonly [x: number, y: number];
type Edge = readonly [from: GridPoint, to: GridPoint];

/** Degrees are kept in ten-millionths. In halves of these the middle between two corners is whole too, and what follows is exact. */
const onGrid = ([longitude, latitude]: Corner, [west, south]: Corner): GridPoint => [
  2 * Math.round((longitude - west) * 1e7),
  2 * Math.round((latitude - south) * 1e7),
];

const edgesOf = (corners: readonly GridPoint[]): Edge[] =>
  corners.map((corner, index) => [corner, corners[(index + 1) % corners.length]!]);

/** On which hand of the edge a point lies: above zero on the left, zero on its line. */
const handOf = ([[x1, y1], [x2, y2]]: Edge, [x, y]: GridPoint): number => (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);

/** Through each other, not only as far as each other. */
const cross = (one: Edge, other: Edge): boolean =>
  handOf(one, other[0]) * handOf(one, other[1]) < 0 && handOf(other, one[0]) * handOf(other, one[1]) < 0;

const isOn = (edge: Edge, [x, y]: GridPoint): boolean => {
  const [[x1, y1], [x2, y2]] = edge;
  const isBetween = (from: number, to: number, at: number) => Math.min(from, to) <= at && at <= Math.max(from, to);
  return handOf(edge, [x, y]) === 0 && isBetween(x1, x2, x) && isBetween(y1, y2, y);
};

/** Where the line of one polygon runs, piece by piece between the corners of the other: inside that, outside, or on its line. */
function sidesOf(line: readonly GridPoint[], polygon: readonly GridPoint[]): ('inside' | 'outside' | 'on')[] {
  const edges = edgesOf(polygon);
  return edgesOf(line).flatMap((edge) => {
    const [[x1, y1], end] = edge;
    const along = ([x, y]: GridPoint) => Math.abs(x - x1) + Math.abs(y - y1);
    const stops = [edge[0], ...polygon.filter((corner) => isOn(edge, corner)), end].sort((a, b) => along(a) - along(b));
    return stops.slice(1).map(([x, y], index) => {
      const [x0, y0] = stops[index]!;
      return sideOf([(x0 + x) / 2, (y0 + y) / 2], edges);
    });
  });
}

function sideOf(point: GridPoint, edges: readonly Edge[]): 'inside' | 'outside' | 'on' {
  if (edges.some((edge) => isOn(edge, point))) return 'on';
  const [, y] = point;
  const crossed = edges.filter((edge) => {
    const [[, y1], [, y2]] = edge;
    return y1 > y !== y2 > y && handOf(edge, point) > 0 === y2 > y1;
  });
  return crossed.length % 2 === 1 ? 'inside' : 'outside';
}
