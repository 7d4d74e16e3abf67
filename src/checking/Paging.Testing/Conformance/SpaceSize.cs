using Paging.Core;
using Paging.Scripting.Calls;

namespace Paging.Testing.Conformance;

/// <summary>Finds the calls whose results follow from the size of the address space: 3 GiB, as of an i386 process on Linux.</summary>
/// <remarks>
/// The kernel compares a range with TASK_SIZE (<c>mmap_region</c>, <c>mremap_to</c>, <c>do_vmi_align_munmap</c>), and searches for places
/// below it (<c>vm_unmapped_area</c>). A space of another size, or of 64 bits, gives these calls other results and is no less right.
/// </remarks>
public static class SpaceSize
{
    /// <summary>The part of a rule's name that marks it.</summary>
    public const string Mark = " (3 GiB)";

    private const long End = 0xC000_0000;    // TASK_SIZE of CONFIG_VMSPLIT_3G
    private const long PageMask = 0xFFF;

    /// <summary>
    /// Returns true for a range that ends above 3 GiB, for a place that the kernel has chosen, and where it has found none. O(1).
    /// </summary>
    public static bool Decides(in ScenarioCall call, in ScriptResult expected) =>
        EndsAbove(call) || IsPlaced(call) && (expected.Kind == CallResultKind.Error
            ? expected.Value == (long)Errno.ENOMEM
            : expected.Value != call.A0);

    private static bool EndsAbove(in ScenarioCall call)
    {
        if (call.Name == CallName.Mremap && call.A4 + Rounded(call.A2) > End) return true;
        ReadOnlySpan<ArgumentKind> kinds = ScriptCalls.Of(call.Name).Kinds.AsSpan();
        for (int i = 0; i < kinds.Length; i++)
        {
            if (kinds[i] != ArgumentKind.Address) continue;
            bool hasLength = i + 1 < kinds.Length && kinds[i + 1] is ArgumentKind.Length or ArgumentKind.Count;
            if (call[i] + (hasLength ? Rounded(call[i + 1]) : 0) > End || (!hasLength && i == 0 && call[i] == End)) return true;
        }

        return false;
    }

    private static bool IsPlaced(in ScenarioCall call) => call.Name switch
    {
        CallName.Mmap => (call.A3 & (long)(MapFlags.Fixed | MapFlags.FixedNoReplace)) == 0,
        CallName.Mremap => (call.A3 & (long)RemapFlags.Fixed) == 0,
        _ => false,
    };

    private static long Rounded(long length) => (length + PageMask) & ~PageMask;
}
