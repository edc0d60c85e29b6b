export type { ImageRef, Problem } from './problem.ts';
export { imageHash, openImage, readImage } from './image.ts';
export type { ImageAccess } from './image.ts';
export { decodePicture } from './image-decode.ts';
export type { Picture } from './image-decode.ts';
export { ImageError } from './image-error.ts';
export type { ImageFault } from './image-error.ts';
