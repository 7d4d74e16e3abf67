using Paging.Native.Tables;

namespace Paging.Native;

/// <summary>The processor's page walk, as x86-32 does it for one access, bit for bit.</summary>
/// <remarks>
/// Follows the tables in RAM, even if the host has written them. A table beyond RAM reads as zero: its pages are not present.
/// Cost: two or three loads that depend on each other, and up to two stores; no allocation. Intel SDM 3A, 4.3 and 4.4.
/// </remarks>
public static class Walker
{
    /// <summary>Translates one access, or returns the error code of its page fault.</summary>
    /// <param name="ram">Physical memory.</param>
    /// <param name="format">The layout of the tables. CR4.PSE is on in classic ones, EFER.NXE under PAE.</param>
    /// <param name="root">The frame that CR3 names: the directory, or under PAE the pointer table.</param>
    /// <param name="address">The address; it becomes CR2 if the walk fails.</param>
    /// <param name="kind">The kind of access.</param>
    /// <param name="mode">The privilege of the access.</param>
    /// <param name="writeProtect">CR0.WP: read-only pages bind the supervisor too.</param>
    /// <remarks>Sets A in the entries that it uses, and D in the last one for a write that goes ahead.</remarks>
    public static WalkResult Walk(PhysicalMemory ram, TableFormat format, FrameNumber root, VirtualAddress address, AccessKind kind,
        ProcessorMode mode, bool writeProtect = true) => format == TableFormat.Pae
        ? PaeWalker.Walk(ram, root, address, kind, mode, writeProtect)
        : ClassicWalker.Walk(ram, root, address, kind, mode, writeProtect);

    /// <summary>Walks to a page as a debugger does: checks no rights and sets no bit.</summary>
    /// <returns>The last entry and the rights of all levels; not succeeded where nothing is present, or for a page beyond 4 GiB.</returns>
    public static WalkResult Peek(PhysicalMemory ram, TableFormat format, FrameNumber root, PageNumber page) =>
        format == TableFormat.Pae ? PaeWalker.Peek(ram, root, page) : ClassicWalker.Peek(ram, root, page);

    /// <summary>
    /// The part of the error code that depends on the access alone. A fetch looks like a read where there is no NX: there is no SMEP.
    /// </summary>
    internal static PageFaultErrorCode Ask(AccessKind kind, ProcessorMode mode, bool noExecute) =>
        (kind == AccessKind.Write ? PageFaultErrorCode.Write : PageFaultErrorCode.None)
        | (kind == AccessKind.Fetch && noExecute ? PageFaultErrorCode.InstructionFetch : PageFaultErrorCode.None)
        | (mode == ProcessorMode.User ? PageFaultErrorCode.User : PageFaultErrorCode.None);

    internal static bool Permits(bool isUser, bool isWritable, PageFaultErrorCode asked, bool writeProtect)
    {
        bool fromUser = Has(asked, PageFaultErrorCode.User), isWrite = Has(asked, PageFaultErrorCode.Write);
        if (fromUser && !isUser) return false;
        return !isWrite || isWritable || (!fromUser && !writeProtect);
    }

    internal static ulong BitsSetBy(PageFaultErrorCode asked) =>
        Has(asked, PageFaultErrorCode.Write) ? EntryBits.Accessed | EntryBits.Dirty : EntryBits.Accessed;

    internal static bool Has(PageFaultErrorCode code, PageFaultErrorCode bit) => (code & bit) != PageFaultErrorCode.None;

    internal static WalkResult Fault(PageFaultErrorCode code) => new() { ErrorCode = code };
}
