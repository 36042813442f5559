import commonJs from 'gcoord';
import { z } from 'zod';

/**
 * Chinese maps and terminals speak of places in shifted systems: GCJ-02 lies some 500 m from WGS-84, BD-09 as much again from
 * that. Whoever tells a coordinate says in which it is; we keep WGS-84, and which one it was told in.
 */
export const CRSS = ['WGS84', 'GCJ02', 'BD09'] as const;
export type Crs = (typeof CRSS)[number];
export const CrsSchema = z.enum(CRSS);

/** Longitude and latitude in degrees. */
export type Place = readonly [longitude: number, latitude: number];

export const Longitude = z.number().min(-180).max(180);
export const Latitude = z.number().min(-90).max(90);

/** Its types speak of an ES module; what Node loads is the object itself. */
const gcoord = commonJs as unknown as typeof commonJs.default;
const CODES = { WGS84: gcoord.WGS84, GCJ02: gcoord.GCJ02, BD09: gcoord.BD09 } as const;

/** To WGS-84; the way back from a shifted system is found to about 1 cm. Outside China nothing is shifted. */
export const toWgs84 = (place: Place, crs: Crs): Place =>
  crs === 'WGS84' ? place : (gcoord.transform([place[0], place[1]], CODES[crs], CODES.WGS84) as unknown as Place);

/** Degrees in ten-millionths, as they are stored. */
export const e7 = (degrees: number): number => Math.round(degrees * 1e7);
