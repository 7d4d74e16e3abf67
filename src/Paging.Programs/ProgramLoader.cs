using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Programs;

/// <summary>Brings programs into address spaces: execve(2), libraries, the stacks of threads.</summary>
/// <remarks>
/// All chance in the layout comes from the engine's seed and the order of the calls. These calls may allocate managed memory; what they set up
/// is demand-paged like everything else. Linux: fs/exec.c, fs/binfmt_elf.c.
/// </remarks>
public sealed class ProgramLoader
{
    private readonly PagingEngine _engine;
    private SeededRandom _random;

    /// <summary>A loader for an engine. Its chance begins with the engine's seed.</summary>
    public ProgramLoader(PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        _random = new(engine.Options.Seed);
    }

    /// <summary>execve(2): the process goes on as another program. Its number, parent, limits and descriptors stay.</summary>
    /// <returns>
    /// ENOEXEC: no ELF32 image for i386, or unreadable headers; EINVAL: segments that overlap, overflow or lie beyond the end of the file;
    /// EPERM: page 0; ENOENT and others: the interpreter's; ELIBBAD: the interpreter is no image; E2BIG: the arguments; ENFILE: no record
    /// for an open file. After all of these the old program is untouched. ENOMEM, EEXIST or EFAULT: found out too late; the process has been
    /// killed (<see cref="Process.HasExited"/>), as the kernel's SIGKILL does behind its point of no return.
    /// </returns>
    public Errno Execute(Process process, ProgramImage image, ExecutionRequest request, out ExecutedProgram program)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(request);
        _engine.Parts.Machine.Guard.Enter();
        ObjectDisposedException.ThrowIf(process.HasExited, process);
        program = default;
        Execution execution = new(_engine, process, image, request);
        Errno error = execution.Prepare(ref _random);
        if (error != Errno.None) return error;
        error = execution.Run(ref _random, out program);
        if (error != Errno.None) process.Exit(Execution.KilledExitCode);
        return error;
    }

    /// <summary>Maps a shared object where there is room, as ld.so does: text shared with everybody who maps it, data copied on write, BSS anonymous.</summary>
    /// <remarks>Nothing is relocated or run: that is the program's own business, or that of <see cref="Link"/>.</remarks>
    /// <returns>ENOEXEC, EINVAL: as for <see cref="Execute"/>, also for an image that is bound to its addresses; ENOMEM: no room; then nothing of it stays mapped.</returns>
    public Errno MapLibrary(Process process, ProgramImage image, out LoadedLibrary library)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(image);
        process.Memory.Enter();
        Errno error = MapShared(process, image, out ElfImage? read, out uint bias);
        library = error == Errno.None ? LoadedLibrary.Of(read!, bias) : default;
        return error;
    }

    /// <summary>A linker for a process: maps libraries with what they need, and relocates them.</summary>
    /// <param name="process">Whose libraries they are.</param>
    /// <param name="files">Where the libraries are found that others name; null: nowhere.</param>
    public DynamicLinker Link(Process process, IProgramFiles? files)
    {
        ArgumentNullException.ThrowIfNull(process);
        return new(this, process, files);
    }

    internal Errno MapShared(Process process, ProgramImage image, out ElfImage? read, out uint bias)
    {
        bias = 0;
        Errno error = ElfImage.Read(image, out read);
        if (error != Errno.None) return error;
        if (!read!.IsPositionIndependent) return Errno.ENOEXEC;
        error = ElfMapper.Place(process.Memory, read, out bias);
        if (error != Errno.None) return error;
        if (!_engine.Parts.Files.OpenFiles.TryOpen(image.File, FileRights.Read, OpenFlags.None, out OpenFileIndex file)) return Errno.ENFILE;
        error = ElfMapper.Map(_engine.Parts.Calls.Map, process.Memory, read, file, bias);
        _engine.Parts.Files.OpenFiles.Release(file);    // the areas hold it now
        if (error == Errno.None) return error;
        PageRange range = read.RangeAt(bias);
        _engine.Parts.Calls.Unmap.Execute(process.Memory.Space, range.First.Address, (uint)range.Count.Bytes);
        return error;
    }

    /// <summary>A stack for another thread of a process: mapped where there is room, with ground below it that nobody may touch.</summary>
    /// <remarks>It does not grow: a thread's stack is what it is, and running over its end meets the guard. As glibc does it: allocate_stack.</remarks>
    /// <returns>EINVAL: not whole pages, or no more than the guard; others as mmap(2).</returns>
    public Errno MapThreadStack(Process process, uint byteLength, uint guardByteLength, out ThreadStack stack)
    {
        ArgumentNullException.ThrowIfNull(process);
        _engine.Parts.Machine.Guard.Enter();
        stack = default;
        if (((byteLength | guardByteLength) & 0xFFF) != 0 || byteLength <= guardByteLength) return Errno.EINVAL;
        const MapFlags kind = MapFlags.Private | MapFlags.Anonymous | MapFlags.NoReserve | MapFlags.Stack;
        Errno error = process.Memory.Map(VirtualAddress.Zero, byteLength, MemoryProtection.None, kind, out VirtualAddress at);
        if (error != Errno.None) return error;
        error = process.Memory.Protect(at + guardByteLength, byteLength - guardByteLength, MemoryProtection.ReadWrite);
        if (error != Errno.None)
        {
            process.Memory.Unmap(at, byteLength);
            return error;
        }

        PageCount guard = PageCount.Covering(guardByteLength);
        stack = new(new(at.Page, guard), new(at.Page + guard, PageCount.Covering(byteLength) - guard));
        return Errno.None;
    }
}

/// <summary>A shared object that has been mapped.</summary>
/// <param name="Name">Its file's name.</param>
/// <param name="Range">From its first page to its last, holes included.</param>
/// <param name="Bias">What to add to the addresses in its symbols.</param>
/// <param name="Entry">Its entry, biased; of little use for most libraries.</param>
public readonly record struct LoadedLibrary(string Name, PageRange Range, uint Bias, VirtualAddress Entry)
{
    internal static LoadedLibrary Of(ElfImage image, uint bias) => new(image.File.Name, image.RangeAt(bias), bias, new(image.Header.Entry + bias));
}

/// <summary>The stack of a thread: the guard below, the usable part above it.</summary>
/// <param name="Guard">Pages without any right.</param>
/// <param name="Usable">Pages for the stack; it begins at their end and grows down.</param>
public readonly record struct ThreadStack(PageRange Guard, PageRange Usable)
{
    /// <summary>Where the stack pointer starts: the byte behind the usable part.</summary>
    public VirtualAddress Top => Usable.End.Address;
}
