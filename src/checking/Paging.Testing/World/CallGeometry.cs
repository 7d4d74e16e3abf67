using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Testing.World;

/// <summary>The bytes of the address space that a call names.</summary>
internal static class CallGeometry
{
    /// <summary>The number of bytes from A0 that a call names; 0 for calls that name none.</summary>
    public static ulong ByteLengthOf(in ScenarioCall call) => call.Name switch
    {
        CallName.Load or CallName.Store or CallName.Add => 1,
        CallName.Load32 or CallName.Store32 => 4,
        CallName.Fill or CallName.Sum or CallName.CopyIn or CallName.CopyOut => (ulong)call.A1,
        (>= CallName.Mmap and <= CallName.Mlock2) or CallName.Mincore => (ulong)call.A1,
        CallName.Maps or CallName.Areas or CallName.Resident or CallName.Pagemap => call.A1 > call.A0 ? (ulong)(call.A1 - call.A0) : 0,
        _ => 0,
    };

    /// <summary>The pages that a call names at A0, those it names in part included; cut off at the top of the address space.</summary>
    public static PageRange PagesOf(in ScenarioCall call) => PagesBetween((ulong)call.A0, ByteLengthOf(call));

    /// <summary>The pages that a call names in full.</summary>
    public static PageRange WholePagesOf(in ScenarioCall call)
    {
        ulong first = ((ulong)call.A0 + 0xFFF) >> 12;
        ulong end = ((ulong)call.A0 + ByteLengthOf(call)) >> 12;
        return end > first ? new(new((uint)first), new((uint)(end - first))) : default;
    }

    /// <summary>Returns the pages that a range of bytes touches.</summary>
    public static PageRange PagesBetween(ulong start, ulong byteLength)
    {
        if (byteLength == 0 || start >= PageCount.AddressSpace.Bytes) return default;
        ulong end = Math.Min((start + byteLength + 0xFFF) >> 12, PageCount.AddressSpace.Value);
        return PageRange.Between(new((uint)(start >> 12)), new((uint)end));
    }

    /// <summary>True if the call's result depends on the contents or the presence of its pages.</summary>
    public static bool Reads(CallName name) => name is CallName.Load or CallName.Load32 or CallName.Add or CallName.Sum or CallName.CopyOut
        or CallName.Mincore or CallName.Resident or CallName.Pagemap;

    /// <summary>True where an mremap names the place to go to.</summary>
    public static bool NamesPlace(in ScenarioCall call) => (call.A3 & (long)(RemapFlags.Fixed | RemapFlags.DontUnmap)) != 0;
}
