using System.Buffers.Binary;
using Paging.Native;

namespace Paging.Programs;

/// <summary>The AT_* keys of the auxiliary vector, which the kernel gives a starting program. Linux: include/uapi/linux/auxvec.h.</summary>
public enum AuxiliaryKind : uint
{
    /// <summary>The end of the vector.</summary>
    Null = 0,
    /// <summary>The address of the program headers.</summary>
    ProgramHeaders = 3,
    /// <summary>The size of a program header in bytes.</summary>
    ProgramHeaderByteLength = 4,
    /// <summary>The number of program headers.</summary>
    ProgramHeaderCount = 5,
    /// <summary>The size of a page in bytes.</summary>
    PageByteLength = 6,
    /// <summary>The start of the interpreter; 0 without one.</summary>
    InterpreterBase = 7,
    /// <summary>Always 0.</summary>
    Flags = 8,
    /// <summary>The program's own entry point.</summary>
    Entry = 9,
    /// <summary>The real user.</summary>
    User = 11,
    /// <summary>The effective user.</summary>
    EffectiveUser = 12,
    /// <summary>The real group.</summary>
    Group = 13,
    /// <summary>The effective group.</summary>
    EffectiveGroup = 14,
    /// <summary>The address of the machine's name.</summary>
    Platform = 15,
    /// <summary>The features of the processor.</summary>
    ProcessorFeatures = 16,
    /// <summary>The ticks per second of times(2): 100.</summary>
    ClockTicks = 17,
    /// <summary>1 if the program has rights that its user does not have.</summary>
    Secure = 23,
    /// <summary>The address of sixteen random bytes.</summary>
    Random = 25,
    /// <summary>More features of the processor: 0.</summary>
    ProcessorFeatures2 = 26,
    /// <summary>The address of the program's path.</summary>
    Path = 31,
    /// <summary>The vDSO's entry of system calls; only in core files of other kernels.</summary>
    SystemCallEntry = 32,
}

/// <summary>The key and value pairs above envp.</summary>
/// <remarks>
/// There is no vDSO, so AT_SYSINFO and AT_SYSINFO_EHDR are absent, as with vdso=0. The order is that of Linux's create_elf_tables.
/// </remarks>
internal sealed class AuxiliaryVector
{
    private readonly List<(AuxiliaryKind Kind, uint Value)> _pairs = [];

    public AuxiliaryVector(ElfImage image, uint bias, VirtualAddress interpreterBase, ExecutionRequest request)
    {
        Add(AuxiliaryKind.ProcessorFeatures, request.ProcessorFeatures);
        Add(AuxiliaryKind.PageByteLength, VirtualAddress.PageSize);
        Add(AuxiliaryKind.ClockTicks, 100);
        Add(AuxiliaryKind.ProgramHeaders, image.HeadersAddress == 0 && !image.IsPositionIndependent ? 0 : image.HeadersAddress + bias);
        Add(AuxiliaryKind.ProgramHeaderByteLength, ElfSegment.ByteLength);
        Add(AuxiliaryKind.ProgramHeaderCount, image.Header.SegmentCount);
        Add(AuxiliaryKind.InterpreterBase, interpreterBase.Value);
        Add(AuxiliaryKind.Flags, 0);
        Add(AuxiliaryKind.Entry, image.Header.Entry + bias);
        Add(AuxiliaryKind.User, request.Identity.User);
        Add(AuxiliaryKind.EffectiveUser, request.Identity.EffectiveUser);
        Add(AuxiliaryKind.Group, request.Identity.Group);
        Add(AuxiliaryKind.EffectiveGroup, request.Identity.EffectiveGroup);
        Add(AuxiliaryKind.Secure, request.Identity.IsElevated ? 1u : 0u);
        Add(AuxiliaryKind.Random, 0);
        Add(AuxiliaryKind.ProcessorFeatures2, 0);
        Add(AuxiliaryKind.Path, 0);
        Add(AuxiliaryKind.Platform, 0);
        Add(AuxiliaryKind.Null, 0);
    }

    public int ByteLength => _pairs.Count * 2 * sizeof(uint);

    /// <summary>Fills in the addresses of the strings on the stack.</summary>
    public void SetPlaces(VirtualAddress platform, VirtualAddress random, VirtualAddress path)
    {
        Set(AuxiliaryKind.Platform, platform.Value);
        Set(AuxiliaryKind.Random, random.Value);
        Set(AuxiliaryKind.Path, path.Value);
    }

    public void Write(Span<byte> destination)
    {
        foreach ((AuxiliaryKind kind, uint value) in _pairs)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)kind);
            BinaryPrimitives.WriteUInt32LittleEndian(destination[sizeof(uint)..], value);
            destination = destination[(2 * sizeof(uint))..];
        }
    }

    private void Add(AuxiliaryKind kind, uint value) => _pairs.Add((kind, value));

    private void Set(AuxiliaryKind kind, uint value) => _pairs[_pairs.FindIndex(pair => pair.Kind == kind)] = (kind, value);
}
