using Paging.Core;
using Paging.Pictures;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;
using Paging.Programs;

namespace Paging.Cli.Programs;

/// <summary>A program in an engine of its own, loaded and not yet run.</summary>
internal sealed class LoadedProgram : IDisposable
{
    private const ulong RamBytes = 256 << 20;    // committed on the host as it is touched

    private readonly PagingEngine _engine;

    private LoadedProgram(PagingEngine engine, UserProcess process, in ExecutedProgram program) =>
        (_engine, Process, Program) = (engine, process, program);

    /// <summary>The process.</summary>
    public UserProcess Process { get; }

    /// <summary>The range that it lies in.</summary>
    public ExecutedProgram Program { get; }

    /// <summary>Draws its segments: the diagram of "Anatomy of a Program in Memory".</summary>
    public Figure Draw() => LayoutFigure.Draw(
        SpaceView.Take(_engine, Process), before: null, Program.MmapBase, Process.Memory.GetLimit(ResourceLimit.Stack));

    /// <summary>Loads an image. Returns null, and the reason in one line, if that fails.</summary>
    public static LoadedProgram? Load(string path, ulong seed, ExecutionRequest request, out string? refusal)
    {
        PagingEngine engine = new(new EngineOptions { RamBytes = RamBytes, Seed = seed });
        HostProgramFiles files = new(engine);
        refusal = files.Find(path, out ProgramImage? image) == Errno.None ? null : files.Reason;
        if (refusal is null)
        {
            UserProcess process = engine.CreateProcess(Path.GetFileName(path));
            ExecutionRequest complete = request with { Files = files, Path = path, Arguments = [path, .. request.Arguments] };
            Errno error = new ProgramLoader(engine).Execute(process, image!, complete, out ExecutedProgram program);
            if (error == Errno.None) return new(engine, process, program);
            refusal = $"{path}: {Explain(error, path, files.Reason)}";
        }

        engine.Dispose();
        return null;
    }

    public void Dispose() => _engine.Dispose();

    private static string Explain(Errno error, string path, string? reason) => error switch
    {
        Errno.ENOEXEC => $"{ForeignImage.Describe(path)} (ENOEXEC)",
        Errno.EINVAL => "its entry or a segment does not lie in the user half, or a segment is longer in the file than in memory (EINVAL)",
        Errno.EPERM => "a segment lies on page 0 (EPERM)",
        Errno.ELIBBAD => "its interpreter is no ELF image for i386 (ELIBBAD)",
        Errno.E2BIG => "the arguments are too long (E2BIG)",
        Errno.ENOENT or Errno.EACCES => $"its interpreter cannot be read: {reason} ({error})",
        _ => $"it does not fit into the engine's memory ({error})",
    };
}
