using Paging.Core;
using Paging.Programs;

namespace Paging.Cli.Programs;

/// <summary>A program in an engine of its own, loaded and not yet run.</summary>
internal sealed class LoadedProgram : IDisposable
{
    private const ulong RamBytes = 256 << 20;    // committed on the host as it is touched

    private LoadedProgram(PagingEngine engine, UserProcess process, string path, in ExecutedProgram program, bool isTopDown) =>
        (Engine, Process, Path, Program, IsTopDown) = (engine, process, path, program, isTopDown);

    /// <summary>The machine.</summary>
    public PagingEngine Engine { get; }

    /// <summary>The process.</summary>
    public UserProcess Process { get; }

    /// <summary>The source of the image.</summary>
    public string Path { get; }

    /// <summary>The range that it lies in.</summary>
    public ExecutedProgram Program { get; }

    /// <summary>Mappings are placed downwards from its base.</summary>
    public bool IsTopDown { get; }

    /// <summary>Loads an image. Returns null, and the reason in one line, if that fails.</summary>
    public static LoadedProgram? Load(string path, ulong seed, ExecutionRequest request, out string? refusal)
    {
        PagingEngine engine = new(new EngineOptions { RamBytes = RamBytes, Seed = seed });
        HostProgramFiles files = new(engine);
        refusal = files.Find(path, out ProgramImage? image) == Errno.None ? null : files.Reason;
        if (refusal is null)
        {
            UserProcess process = engine.CreateProcess("exec");
            ExecutionRequest complete = request with { Files = files, Path = path, Arguments = [path, .. request.Arguments] };
            Errno error = new ProgramLoader(engine).Execute(process, image!, complete, out ExecutedProgram program);
            if (error == Errno.None) return new(engine, process, path, program, request.Layout == AddressLayout.Flexible);
            refusal = $"{path}: {Explain(error, path, files.Reason)}";
        }

        engine.Dispose();
        return null;
    }

    public void Dispose() => Engine.Dispose();

    private static string Explain(Errno error, string path, string? reason) => error switch
    {
        Errno.ENOEXEC => $"{ForeignImage.Describe(path)} (ENOEXEC)",
        Errno.EINVAL => "its segments overlap, overflow, or lie beyond the end of the file or of the user half (EINVAL)",
        Errno.EPERM => "a segment lies on page 0 (EPERM)",
        Errno.ELIBBAD => "its interpreter is no ELF image for i386 (ELIBBAD)",
        Errno.E2BIG => "the arguments are too long (E2BIG)",
        Errno.ENOENT or Errno.EACCES => $"its interpreter cannot be read: {reason} ({error})",
        _ => $"it does not fit into the engine's memory ({error})",
    };
}
