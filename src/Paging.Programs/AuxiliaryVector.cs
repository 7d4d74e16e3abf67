using System.Buffers.Binary;
using Paging.Native;

namespace Paging.Programs;

/// <summary>AT_* of the auxiliary vector: what the kernel tells a starting program. Linux: include/uapi/linux/auxvec.h.</summary>
public enum AuxiliaryKind : uint
{
    /// <summary>The end.</summary>
    Null = 0,
    /// <summary>Where the program headers lie.</summary>
    ProgramHeaders = 3,
    /// <summary>Bytes of one of them.</summary>
    ProgramHeaderByteLength = 4,
    /// <summary>How many there are.</summary>
    ProgramHeaderCount = 5,
    /// <summary>Bytes of a page.</summary>
    PageByteLength = 6,
    /// <summary>Where the interpreter begins; 0 without one.</summary>
    InterpreterBase = 7,
    /// <summary>0.</summary>
    Flags = 8,
    /// <summary>The program's own entry.</summary>
    Entry = 9,
    /// <summary>The real user.</summary>
    User = 11,
    /// <summary>The effective user.</summary>
    EffectiveUser = 12,
    /// <summary>The real group.</summary>
    Group = 13,
    /// <summary>The effective group.</summary>
    EffectiveGroup = 14,
    /// <summary>Where the name of the machine stands.</summary>
    Platform = 15,
    /// <summary>What the processor can.</summary>
    ProcessorFeatures = 16,
    /// <summary>Ticks a second of times(2): 100.</summary>
    ClockTicks = 17,
    /// <summary>1 where the program got rights that its user has not.</summary>
    Secure = 23,
    /// <summary>Where sixteen random bytes stand.</summary>
    Random = 25,
    /// <summary>More of what the processor can: 0.</summary>
    ProcessorFeatures2 = 26,
    /// <summary>Where the path of the program stands.</summary>
    Path = 31,
}

/// <summary>The pairs that lie above envp.</summary>
/// <remarks>There is no vdso: AT_SYSINFO and AT_SYSINFO_EHDR are absent, as with vdso=0. Linux: create_elf_tables, whose order this is.</remarks>
internal sealed class AuxiliaryVector
{
    private readonly List<(AuxiliaryKind Kind, uint Value)> _pairs = [];

    public AuxiliaryVector(ElfImage image, uint bias, VirtualAddress interpreterBase, ExecutionRequest request)
    {
        Add(AuxiliaryKind.ProcessorFeatures, request.ProcessorFeatures);
        Add(AuxiliaryKind.PageByteLength, 4096);
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

    /// <summary>Fills in where the strings of the stack stand.</summary>
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
