using Paging.Core;
using Paging.Native;

namespace Paging.Programs;

/// <summary>Loads programs into address spaces: execve(2), libraries, and the stacks of threads.</summary>
/// <remarks>
/// All randomness of the layout comes from the engine's seed and the order of the calls. The calls may allocate managed memory; the
/// memory they set up is demand-paged like any other. Linux: fs/exec.c, fs/binfmt_elf.c.
/// </remarks>
public sealed class ProgramLoader
{
    private readonly PagingEngine _engine;
    private SeededRandom _random;

    /// <summary>Makes a loader for an engine. Its randomness starts with the engine's seed.</summary>
    public ProgramLoader(PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        _random = new(engine.Options.Seed);
    }

    /// <summary>Replaces the program of a process, as execve(2) does. Its number, parent, limits and descriptors stay.</summary>
    /// <returns>
    /// ENOEXEC: no ELF32 image for i386, or unreadable headers. ENOENT and others: from finding the interpreter. EIO, ELIBBAD: the
    /// interpreter is no image. E2BIG: the arguments. ENFILE: no record for an open file. After all of these the old program is unchanged.
    /// EINVAL, EPERM, ENOMEM, EEXIST, EFAULT: segments that cannot be mapped, or no memory. They are found late, so the process has been
    /// killed (<see cref="UserProcess.HasExited"/>), as the kernel does with SIGSEGV after its point of no return (bprm_execve).
    /// </returns>
    public Errno Execute(UserProcess process, ProgramImage image, ExecutionRequest request, out ExecutedProgram program)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check(request);
        CheckLive(process);
        Check(image);
        program = default;
        using Execution execution = new(_engine, process, image, request);
        Errno error = execution.Prepare(ref _random);
        if (error != Errno.None) return error;
        error = execution.Run(ref _random, out program);
        if (error != Errno.None && !process.HasExited) process.Exit(Execution.KilledExitCode);
        return error;
    }

    /// <summary>Maps a shared object at a free place, as ld.so does: text shared, data copied on write, BSS anonymous.</summary>
    /// <remarks>Relocates and runs nothing; the program does that itself.</remarks>
    /// <returns>
    /// ENOEXEC, EINVAL: as for <see cref="Execute"/>, and for an image that must lie at its own addresses. ENOMEM: no room.
    /// After an error nothing of it stays mapped.
    /// </returns>
    public Errno MapLibrary(UserProcess process, ProgramImage image, out LoadedLibrary library)
    {
        ArgumentNullException.ThrowIfNull(image);
        CheckLive(process);
        library = default;
        Check(image);
        Errno error = ElfImage.Read(image, out ElfImage? read);
        if (error != Errno.None) return error;
        if (!read!.IsPositionIndependent) return Errno.ENOEXEC;
        error = read.ValidateLibrary();
        if (error != Errno.None) return error;
        error = ElfMapper.Place(process.Memory, read, out uint bias);
        if (error != Errno.None) return error;
        error = image.Open(out OpenFileDescription? file);
        if (error != Errno.None) return error;
        using (file) error = ElfMapper.MapLibrary(process.Memory, read, file!, bias);    // the areas hold references
        if (error == Errno.None)
        {
            library = LoadedLibrary.Of(read, bias);
            return error;
        }

        PageRange range = read.RangeAt(bias);
        process.Memory.Unmap(range.First.Address, (uint)range.Count.Bytes);
        return error;
    }

    private void Check(UserProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (!_engine.Owns(process)) throw new ArgumentException("The process belongs to another engine.", nameof(process));
    }

    private static void Check(ExecutionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        bool isWhole = request is { Arguments: { } arguments, Environment: { } environment, TextEncoding: not null }
            && !arguments.Concat(environment).Any(static text => text is null);
        if (!isWhole) throw new ArgumentException("An argument, a variable of the environment or the encoding is null.", nameof(request));
    }

    private void Check(ProgramImage image)
    {
        if (!image.IsOf(_engine)) throw new ArgumentException("The file belongs to another engine.", nameof(image));
    }

    private void CheckLive(UserProcess process)
    {
        Check(process);
        ObjectDisposedException.ThrowIf(process.HasExited, process);
    }
}

/// <summary>A mapped shared object.</summary>
/// <param name="Name">The name of its file.</param>
/// <param name="Range">Its pages from the first to the last, including holes.</param>
/// <param name="Bias">The distance to add to the addresses in its symbols.</param>
/// <param name="Entry">Its entry point with the bias added. Most libraries have no use for it.</param>
public readonly record struct LoadedLibrary(string Name, PageRange Range, uint Bias, VirtualAddress Entry)
{
    internal static LoadedLibrary Of(ElfImage image, uint bias) =>
        new(image.File.Name, image.RangeAt(bias), bias, new(image.Header.Entry + bias));
}
