using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Paging.Cli.Exercises;

/// <summary>The exercises as JSON, for a lecturer's tools: an object a line, with names that stay. Never the right numbers.</summary>
internal static class ExerciseJson
{
    /// <summary>The exercises, a line each.</summary>
    public static int List(TextWriter output)
    {
        foreach (Exercise exercise in Exercise.All) Write(output, writer => Name(writer, exercise));
        return ExitCode.Agreement;
    }

    /// <summary>The question, with the calls and the names of the numbers.</summary>
    public static int Question(Exercise exercise, ExerciseRun run, TextWriter output)
    {
        Write(output, writer =>
        {
            Name(writer, exercise);
            writer.WriteStartArray("calls");
            foreach (string call in run.Calls) writer.WriteStringValue(call);
            writer.WriteEndArray();
        });
        return ExitCode.Agreement;
    }

    /// <summary>Which numbers of an answer are right. Exit code 1: not all.</summary>
    public static int Result(Exercise exercise, ExerciseRun run, long[] numbers, TextWriter output)
    {
        bool isRight = numbers.AsSpan().SequenceEqual(run.Counted.AsSpan());
        Write(output, writer =>
        {
            writer.WriteString("exercise", exercise.Name);
            writer.WriteStartArray("numbers");
            for (int i = 0; i < numbers.Length; i++)
            {
                writer.WriteStartObject();
                writer.WriteString("of", exercise.Asked[i]);
                writer.WriteNumber("answer", numbers[i]);
                writer.WriteBoolean("right", numbers[i] == run.Counted[i]);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteBoolean("right", isRight);
        });
        return isRight ? ExitCode.Agreement : ExitCode.Difference;
    }

    private static void Name(Utf8JsonWriter writer, Exercise exercise)
    {
        writer.WriteString("exercise", exercise.Name);
        writer.WriteNumber("lesson", exercise.Lesson);
        writer.WriteString("question", exercise.Question);
        writer.WriteStartArray("asked");
        foreach (string counter in exercise.Asked) writer.WriteStringValue(counter);
        writer.WriteEndArray();
    }

    private static void Write(TextWriter output, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(bytes.WrittenSpan) + "\n");
    }
}
