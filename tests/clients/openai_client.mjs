// OpenAI's own library for JavaScript: asks a question in each way that it has.
import OpenAI from "openai";

const [url, key, question] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });
const asked = { model: "brag", messages: [{ role: "user", content: question }] };

const answer = await client.chat.completions.create(asked);
const stream = client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } });
const streamed = await stream.finalChatCompletion();
const embeddings = await client.embeddings.create({ model: "brag", input: "Ducks" });
const models = await client.models.list();
const refused = await client.chat.completions.create({ ...asked, n: 2 }).catch((error) => error);

process.stdout.write(
  JSON.stringify({
    answer: answer.choices[0].message.content,
    sources: { sources: answer.sources, annotations: answer.choices[0].message.annotations },
    stream: streamed.choices[0].message.content,
    tokens: streamed.usage.total_tokens,
    dimensions: embeddings.data[0].embedding.length,
    models: models.data.map((model) => model.id),
    refused: [refused.constructor.name, refused.param, refused.error.message],
  }),
);
