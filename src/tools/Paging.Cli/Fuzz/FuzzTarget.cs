using Paging.Cli.Programs;
using Paging.Cli.Run;
using Paging.Core;
using Paging.Guest;
using Paging.Native;
using Paging.Processors.Emulation;
using Paging.Programs.Cores;

namespace Paging.Cli.Fuzz;

/// <summary>The program on a machine of its own, held where it is about to use its input. Each run is a copy of it.</summary>
internal sealed class FuzzTarget : IDisposable
{
    private readonly string? _path;    // of the input; null: standard input

    private FuzzTarget(GuestKernel kernel, string? path, Action<UserProcess>? prepare = null) =>
        (Kernel, _path, Prepare) = (kernel, path, prepare);

    /// <summary>Puts the input into a copy's memory; null for a program that reads it.</summary>
    public Action<UserProcess>? Prepare { get; }

    /// <summary>The machine.</summary>
    public GuestKernel Kernel { get; }

    /// <summary>Starts the program. Null: it cannot be started, or has ended without using its input, and the reason was written.</summary>
    /// <param name="request">The program, and its machine; with memory checks or without.</param>
    /// <param name="coverage">Gets the edges; null if they are not needed.</param>
    /// <param name="input">The argument that is the input file, as <c>--input</c> names it; null: the one that afl-fuzz has set.</param>
    /// <param name="errors">Gets the reason.</param>
    public static FuzzTarget? StartOrNull(RunRequest request, EdgeCoverage? coverage, string? input, TextWriter errors)
    {
        GuestKernelOptions options = RunCommand.ToOptions(request, errors) with { Coverage = coverage };
        if (!RunCommand.TryMake(options, request, errors, out GuestKernel? made)) return null;
        GuestKernel kernel = made!;
        if (TryBegin(kernel, request, input, errors, out string? path)) return new(kernel, path);
        kernel.Dispose();
        return null;
    }

    /// <summary>Starts the process of a core file. Null: it cannot be started, and the reason was written.</summary>
    public static FuzzTarget? StartCoreOrNull(RunRequest request, EdgeCoverage coverage, CoreInput input, TextWriter errors)
    {
        if (input.OpenImage(request.GivenRoot, out string? refusal) is not { } image)
        {
            Refuse(errors, refusal!);
            return null;
        }

        foreach (string line in CoreGaps.Describe(image, request.GivenRoot)) errors.Write($"paging fuzz: {input.Path}: {line}\n");
        GuestKernelOptions options = RunCommand.ToOptions(request, errors) with { Coverage = coverage };
        // The process had its memory; a core file does not say what was MAP_NORESERVE.
        options = options with { Engine = options.Engine with { Overcommit = OvercommitMode.Always } };
        if (!RunCommand.TryMake(options, request, errors, out GuestKernel? made)) return null;
        string? path = request.Words.Length == 0 ? null : request.Words[0];
        if (image.Process.Threads.Count == 0) Refuse(errors, $"{input.Path}: the core file has no thread");
        else if (HoldOrExplain(made!, image) is { } reason) Refuse(errors, $"{input.Path}: {reason}");
        else return new(made!, path, process => input.Write(process, path));
        made!.Dispose();
        return null;
    }

    private static string? HoldOrExplain(GuestKernel kernel, CoreImage image)
    {
        try
        {
            return kernel.Hold(image) is not Errno.None and var error ? $"{error}" : null;
        }
        catch (InvalidOperationException)
        {
            return "its page tables do not fit into this RAM: --ram SIZE";
        }
    }

    /// <summary>Makes standard input begin again for another run of the same input. A file is opened by each run itself.</summary>
    public void Rewind()
    {
        if (_path is null) StandardInput.Rewind();
    }

    /// <summary>The code of the program itself, which lies lowest; with AFL_INST_LIBS, as for afl-qemu-trace, all there is.</summary>
    public PageRange Code()
    {
        AreaSnapshot[] code = [.. Kernel.Engine.Processes.First().Memory.Areas.Snapshot()
            .Where(static area => (area.Protection & MemoryProtection.Execute) != 0)];
        bool coversAll = Environment.GetEnvironmentVariable("AFL_INST_LIBS") is not null || code.Length == 0;
        return coversAll ? new(default, PageCount.UserHalf)
            : PageRange.Between(code[0].Range.First, code.Last(area => area.ObjectId == code[0].ObjectId).Range.End);
    }

    public void Dispose() => Kernel.Dispose();

    private static bool TryBegin(GuestKernel kernel, RunRequest request, string? input, TextWriter errors, out string? path)
    {
        int at = FindInput(request.Words, input);
        path = null;
        if (input is not null && at < 0) return Refuse(errors, $"--input {input} is not among the program's arguments");
        if (at >= 0)
        {
            string onHost = Path.GetFullPath(request.Words[at]);
            path = kernel.ToGuestPath(onHost);
            bool isInTree = request.Root is "/" || !string.Equals(path, onHost, StringComparison.Ordinal);
            if (!isInTree) return Refuse(errors, $"the input lies outside --root {request.Root}: {request.Words[at]}");
            request = request with { Words = [.. request.Words[..at], path, .. request.Words[(at + 1)..]] };
        }

        if (!RunCommand.TryBegin(kernel, request, checkpoint: null, errors)) return false;
        if (kernel.RunToInput(path) is not { } ended) return true;
        return Refuse(errors, $"the program has ended ({ended.End}, {ended.Code}) before it used {path ?? "standard input"}");
    }

    private static int FindInput(string[] words, string? input) => Array.FindIndex(words, 1, word => input is null
        ? word.EndsWith(FuzzCommand.FuzzersInput, StringComparison.Ordinal) : string.Equals(word, input, StringComparison.Ordinal));

    private static bool Refuse(TextWriter errors, string reason)
    {
        Refusal.Report(errors, $"{FuzzCommand.Name}: {reason}");
        return false;
    }
}
