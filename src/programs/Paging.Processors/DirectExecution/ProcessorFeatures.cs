using System.Runtime.Intrinsics.X86;

namespace Paging.Processors.DirectExecution;

/// <summary>The features that a processor reports (cpuid 1 and 7), by which programs choose their code when they start.</summary>
/// <param name="First">ecx and edx of cpuid 1.</param>
/// <param name="Second">ebx and ecx of cpuid 7.</param>
public readonly record struct ProcessorFeatures(ulong First, ulong Second)
{
    private const uint LeafOfMore = 7;
    private const ulong Changeable = 1UL << 27;    // OSXSAVE, which follows the kernel

    /// <summary>The features of this host; none if it is not an x86.</summary>
    public static ProcessorFeatures OfHost { get; } = Read();

    /// <summary>Returns true if these include all of others.</summary>
    public bool Include(ProcessorFeatures others) =>
        (others.First & ~(First | Changeable)) == 0 && (others.Second & ~Second) == 0;

    private static ProcessorFeatures Read()
    {
        if (!X86Base.IsSupported) return default;
        (_, _, int ecx, int edx) = X86Base.CpuId(1, 0);
        bool hasMore = X86Base.CpuId(0, 0).Eax >= LeafOfMore;
        (_, int ebxOfMore, int ecxOfMore, _) = hasMore ? X86Base.CpuId((int)LeafOfMore, 0) : default;
        return new(Join(ecx, edx), Join(ebxOfMore, ecxOfMore));
    }

    private static ulong Join(int low, int high) => (uint)low | ((ulong)(uint)high << 32);
}
