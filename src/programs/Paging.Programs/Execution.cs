using Paging.Core;
using Paging.Native;

namespace Paging.Programs;

/// <summary>One execve(2), in two halves: <see cref="Prepare"/> may still fail; <see cref="Run"/> removes the old program.</summary>
/// <remarks>Linux: fs/binfmt_elf.c load_elf_binary, before and after begin_new_exec.</remarks>
internal sealed class Execution(PagingEngine engine, UserProcess process, ProgramImage file, ExecutionRequest request) : IDisposable
{
    /// <summary>The exit code after SIGSEGV: 128 + 11, as a shell shows it. Linux: bprm_execve, force_fatal_sig.</summary>
    public const int KilledExitCode = 128 + 11;

    private const int NameLengthMax = 15;    // TASK_COMM_LEN - 1
    private const uint ExtraStackBytes = 131_072;    // setup_arg_pages: the part of the stack that is mapped from the start

    private readonly AddressSpace _space = process.Memory;
    private ElfImage _image = null!;
    private ElfImage? _interpreter;
    private InitialStack _stack = null!;
    private LayoutPlan _plan;
    private PageCount _stackPages;
    private OpenFileDescription? _file, _interpreterFile;

    private string Path => request.Path ?? file.Name;

    /// <summary>Reads the headers and decides the layout. After an error nothing has changed.</summary>
    public Errno Prepare(ref SeededRandom random)
    {
        ulong stackLimit = _space.GetLimit(ResourceLimit.Stack);
        _stack = new(Path, request.Arguments, request.Environment, request.TextEncoding);
        Errno error = _stack.CheckSize(stackLimit);    // before the file is looked at: do_execveat_common
        if (error != Errno.None) return error;
        error = ElfImage.Read(file, out ElfImage? image);
        if (error != Errno.None) return error;
        _image = image!;
        error = FindInterpreter();
        if (error != Errno.None) return error;

        LayoutDice dice = new(ref random, request.IsRandomized);
        _plan = LayoutPlan.For(_image, request, stackLimit, ref dice);
        if (request.KeepsMappings) _plan = WithFirstMappings(stackLimit);
        _stackPages = StackPages(stackLimit);
        return OpenFiles();
    }

    /// <summary>Empties the address space and fills it again. After an error the process cannot continue.</summary>
    public Errno Run(ref SeededRandom random, out ExecutedProgram program)
    {
        program = default;
        LayoutDice dice = new(ref random, request.IsRandomized);
        bool inherited = _space.ReadImpliesExecute;
        Errno error = StartOver();
        if (error != Errno.None) return error;
        error = MapStack();
        _space.ReadImpliesExecute = inherited || _image.LacksStackHeader;
        uint bias = _plan.ImageBias, interpreterBias = 0;
        if (error == Errno.None) error = _image.Loads.Length == 0 ? Errno.EINVAL : ElfMapper.MapProgram(_space, _image, _file!, ref bias);
        if (error == Errno.None && _interpreter is not null)
            error = ElfMapper.MapInterpreter(_space, _interpreter, _interpreterFile!, isHinted: bias == 0, out interpreterBias);
        return error == Errno.None ? Finish(bias, interpreterBias, ref dice, out program) : error;
    }

    /// <summary>Closes the files. The areas hold references by now.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _interpreterFile?.Dispose();
    }

    /// <summary>The plan with mappings and image where the engine's first program has drawn them.</summary>
    private LayoutPlan WithFirstMappings(ulong stackLimit)
    {
        SeededRandom random = new(engine.Options.Seed);
        LayoutDice dice = new(ref random, request.IsRandomized);
        LayoutPlan first = LayoutPlan.For(_image, request, stackLimit, ref dice);
        return _plan with { MmapBase = first.MmapBase, ImageBias = first.ImageBias };
    }

    private Errno FindInterpreter()
    {
        if (_image.Interpreter is not { } path) return Errno.None;
        ProgramImage? found = null;
        Errno error = request.Files?.Find(path, out found) ?? Errno.ENOENT;
        if (error != Errno.None) return error;
        if (found is null) return Errno.ENOENT;
        if (!found.IsOf(engine)) throw new InvalidOperationException($"The interpreter {path} is a file of another engine.");
        return ElfImage.ReadInterpreter(found, out _interpreter);
    }

    private Errno OpenFiles()
    {
        Errno error = file.Open(out _file);
        return error == Errno.None && _interpreter is not null ? _interpreter.File.Open(out _interpreterFile) : error;
    }

    private Errno StartOver()
    {
        string name = Path[(Path.LastIndexOf('/') + 1)..];
        return process.ReplaceMemory(name.Length > NameLengthMax ? name[..NameLengthMax] : name, _plan.IsTopDown, _plan.MmapBase);
    }

    /// <summary>Returns the pages of the initial stack: the strings and 128 KiB more, up to the limit. Linux: setup_arg_pages.</summary>
    private PageCount StackPages(ulong stackLimit)
    {
        ulong wanted = PageCount.Covering((ulong)_stack.StringsByteLength).Bytes + ExtraStackBytes;
        return PageCount.Covering(Math.Min(wanted, stackLimit & ~(ulong)VirtualAddress.OffsetMask));
    }

    private Errno MapStack()
    {
        MemoryProtection execute = _image.WantsExecutableStack ? MemoryProtection.Execute : MemoryProtection.None;
        MemoryProtection rights = MemoryProtection.ReadWrite | execute;
        _space.ReadImpliesExecute = false;    // the header alone decides about the stack
        const MapFlags flags = MapFlags.Private | MapFlags.Fixed | MapFlags.Anonymous | MapFlags.GrowsDown;
        return _space.Map((_plan.StackTop - _stackPages).Address, (uint)_stackPages.Bytes, rights, flags, out _);
    }

    private Errno Finish(uint bias, uint interpreterBias, ref LayoutDice dice, out ExecutedProgram program)
    {
        VirtualAddress interpreterBase = new(interpreterBias);
        VirtualAddress entry = new(_image.Header.Entry + bias);
        VirtualAddress first = _interpreter is null ? entry : new(_interpreter.Header.Entry + interpreterBias);
        program = default;
        if (first.Value >= PageCount.UserHalf.Bytes) return Errno.EINVAL;
        AuxiliaryVector vector = new(_image, bias, interpreterBase, request);
        VirtualAddress start = dice.AlignStack(_stack.Place(_plan.StackTop).ArgumentStart);
        dice.Fill(_stack.Random);
        if (!_stack.TryWrite(_space.Mmu, _plan.StackTop, start, vector, out VirtualAddress pointer)) return Errno.EFAULT;

        VirtualAddress heap = HeapStart(bias, ref dice);
        _space.SetProgram(ExtentsOf(bias, pointer), heap);
        program = new(first, pointer, entry, bias, interpreterBase, _plan.StackTop.Address, heap, _plan.MmapBase.Address)
        {
            ImageEnd = new((uint)_image.HighestEnd + bias),
        };
        return Errno.None;
    }

    /// <summary>Returns the start of the heap: after the BSS, or a random distance of up to 32 MiB further with randomization.</summary>
    /// <remarks>
    /// A program that is its own interpreter lies among the mappings, so its heap starts where other programs lie. Above an image that ends
    /// near 3 GiB Linux lets the heap start in the kernel half, where brk(2) always fails; here it has the last page of the user half.
    /// Linux: load_elf_binary, "brk" handling; arch_randomize_brk.
    /// </remarks>
    private VirtualAddress HeapStart(uint bias, ref LayoutDice dice)
    {
        bool isMoved = _image is { IsPositionIndependent: true, Interpreter: null };
        PageNumber start = isMoved
            ? request.PositionIndependentBase.Page
            : new(PageCount.Covering(_image.LowestAddress + bias + (_image.HighestEnd - _image.LowestAddress)).Value);
        if (!dice.IsOn) return start.Address;
        PageNumber moved = (isMoved ? start : start + PageCount.One) + dice.HeapShift();
        return (moved < PageNumber.FirstKernel ? moved : PageNumber.FirstKernel - PageCount.One).Address;
    }

    private ProgramExtents ExtentsOf(uint bias, VirtualAddress pointer)
    {
        ElfSegment[] code = [.. _image.Loads.Where(static segment => segment.IsExecutable)];
        return _stack.Place(_plan.StackTop) with
        {
            StartCode = code.Length == 0 ? default : new(code.Min(static segment => segment.Address) + bias),
            EndCode = code.Length == 0 ? default : new(code.Max(static segment => segment.Address + segment.FileByteLength) + bias),
            StartData = new(_image.Loads.Max(static segment => segment.Address) + bias),
            EndData = new(_image.Loads.Max(static segment => segment.Address + segment.FileByteLength) + bias),
            StartStack = pointer,
        };
    }
}
