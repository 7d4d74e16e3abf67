using System.Globalization;
using Paging.Native;
using Paging.Scripting.Running;
using Paging.Testing.Counting;

namespace Paging.Fuzz;

/// <summary>A list of operations as a person reads it, and as <c>--script</c> runs it again.</summary>
/// <param name="Seed">Made the structure.</param>
/// <param name="Interval">The operations from one comparison of everything to the next; 0: only at the end.</param>
/// <param name="Operations">The operations.</param>
/// <remarks><code>
///   # huge, seed 17, compared every 16: share an object: the model gives 0x00
///   # numbers are taken modulo the state at that point
///   memfd f70fbb67 6e2d8d0e b7b22ae9
/// </code></remarks>
internal sealed record OperationScript(ulong Seed, int Interval, List<RawOperation> Operations)
{
    private const string Between = ", seed ", Every = ", compared every ";

    /// <summary>Executes the operations, and compares everything as often as the interval says, and at the end.</summary>
    /// <param name="begin">Makes the structure.</param>
    /// <param name="nameOf">The name of an operation, for the failure.</param>
    /// <param name="counters">Counts operations and audits; null: nobody does.</param>
    /// <param name="note">Receives each operation with the place of its outcome; null: nobody does.</param>
    /// <returns>The number of operations up to the failure, and the failure; null: there is none.</returns>
    public (int Done, string? Failure) Run(Func<IStructureRun> begin, Func<RawOperation, string> nameOf, RunCounters? counters,
        Action<RawOperation, int>? note)
    {
        int done = 0;
        try
        {
            using IStructureRun run = begin();
            foreach (RawOperation operation in Operations)
            {
                int outcome = run.Execute(operation, out string? failure);
                done++;
                note?.Invoke(operation, outcome);
                if (counters is not null) counters.OperationCount++;
                bool isDue = Interval != 0 && done % Interval == 0;
                if (isDue && counters is not null) counters.AuditCount++;
                if (failure is null && isDue) failure = run.Verify();
                if (failure is not null) return (done, $"{nameOf(operation)}: {failure}");
            }

            return (done, run.Finish());
        }
        catch (Exception exception) when (exception is InvariantException || Defect.Is(exception))
        {
            return (Math.Min(done + 1, Operations.Count), Defect.Describe(exception));    // with the operation that has thrown it
        }
    }

    /// <summary>Writes the script of a failure. Returns its path.</summary>
    public string Write(string target, string[] names, string directory, string failure)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, $"{target}-{Seed}.txt");
        IEnumerable<string> lines =
            Operations.Select(operation => $"{names[operation.Kind]} {operation.A:x8} {operation.B:x8} {operation.C:x8}");
        File.WriteAllLines(path, [$"# {target}{Between}{Seed}{Every}{Interval}: {failure.ReplaceLineEndings(" ")}",
            "# numbers are taken modulo the state at that point", .. lines]);
        return path;
    }

    /// <summary>Reads a script of a target.</summary>
    /// <exception cref="FormatException">It is none: the line and the reason.</exception>
    /// <exception cref="IOException">The file cannot be read; also <see cref="UnauthorizedAccessException"/>.</exception>
    public static OperationScript Read(string path, string target, string[] names)
    {
        string[] lines = File.ReadAllLines(path);
        string head = lines.Length == 0 ? "" : lines[0], begin = $"# {target}{Between}";
        if (!head.StartsWith(begin, StringComparison.Ordinal)) throw new FormatException($"line 1: not '{begin}…'");
        string[] numbers = head[begin.Length..].Split(':')[0].Split(Every);
        if (numbers.Length != 2 || !ulong.TryParse(numbers[0], CultureInfo.InvariantCulture, out ulong seed)
            || !int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out int interval))
            throw new FormatException($"line 1: not '{begin}NUMBER{Every}NUMBER: …'");
        List<RawOperation> operations = [];
        for (int i = 1; i < lines.Length; i++)
            if (!lines[i].StartsWith('#') && lines[i].Length != 0) operations.Add(Parse(lines[i], i + 1, names));
        return new(seed, interval, operations);
    }

    private static RawOperation Parse(string line, int number, string[] names)
    {
        string[] words = line.Split(' ');
        int kind = words.Length < 4 ? -1 : Array.IndexOf(names, string.Join(' ', words[..^3]));
        if (kind < 0) throw new FormatException($"line {number}: not an operation and three numbers");
        uint[] values = new uint[3];
        for (int i = 0; i < 3; i++)
            if (!uint.TryParse(words[^(3 - i)], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out values[i]))
                throw new FormatException($"line {number}: '{words[^(3 - i)]}' is no hexadecimal number of 32 bits");
        return new((uint)kind, values[0], values[1], values[2]);
    }
}
