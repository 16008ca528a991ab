// The toy Worker's entry: the product's wrapper around another wasm class.
import Gateway, * as wasm from "./build/index.js";
import { actor, guard } from "../../gateway/actor.js";

export const Toy = actor(wasm.Toy);

export default class extends Gateway {
  async fetch(request) {
    try {
      return await guard(() => super.fetch(request));
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  }
}
