namespace Paging.Processors;

/// <summary>The selectors that Linux gives to 32-bit tasks: they differ between a 32-bit kernel and a 64-bit one.</summary>
/// <param name="UserCode">CS.</param>
/// <param name="UserData">SS, DS and ES.</param>
/// <param name="FirstTlsEntry">The first of three entries of a task's own. Linux: GDT_ENTRY_TLS_MIN.</param>
internal sealed record SegmentSelectors(uint UserCode, uint UserData, int FirstTlsEntry)
{
    /// <summary>The number of entries of a task's own. Linux: GDT_ENTRY_TLS_ENTRIES.</summary>
    public const int TlsEntryCount = 3;

    private const uint UserRights = 3, LocalTable = 4;

    /// <summary>The selectors of i386.</summary>
    public static SegmentSelectors Of32BitKernel { get; } = new(0x73, 0x7B, 6);

    /// <summary>The selectors of x86-64.</summary>
    public static SegmentSelectors Of64BitKernel { get; } = new(0x23, 0x2B, 12);

    /// <summary>A program's initial registers: these selectors, interrupts enabled, and zeros.</summary>
    public GuestRegisters FirstRegisters => new() { Cs = UserCode, Ss = UserData, Ds = UserData, Es = UserData, Eflags = 0x202 };

    /// <summary>Returns the task's own entry that a selector names, or a negative number.</summary>
    public int TlsIndexOf(uint selector)
    {
        int index = (int)((selector & 0xFFFF) >> 3) - FirstTlsEntry;
        return index < TlsEntryCount && (selector & LocalTable) == 0 ? index : -1;
    }

    /// <summary>
    /// A data selector as it is after the kernel was left: <c>iret</c> makes 0 of 1, 2 and 3, which name no segment either (SDM, IRET).
    /// </summary>
    public static uint WithoutNull(uint selector) => (selector & 0xFFFF) <= UserRights ? 0 : selector & 0xFFFF;

    /// <summary>Translates a selector of another kernel; one that is neither code nor data nor a task's own is unchanged.</summary>
    public uint Translate(uint selector, SegmentSelectors from)
    {
        if (selector == from.UserCode) return UserCode;
        if (selector == from.UserData) return UserData;
        int index = from.TlsIndexOf(selector);
        return index < 0 ? selector : (uint)(((FirstTlsEntry + index) << 3) | 3);
    }
}
