using System.Runtime.InteropServices;

namespace Paging.Native.Translation;

/// <summary>A page of a device in <see cref="TranslationTables"/>: 24 bytes, all 0 where there is none.</summary>
/// <param name="LoadTag">The number of the page, plus 1, if it may be loaded from; otherwise 0.</param>
/// <param name="StoreTag">The same for stores.</param>
/// <param name="Functions">The host's address of the device's functions (INativeDevice).</param>
/// <param name="Offset">The offset of the page in the device, in bytes.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DevicePage(uint LoadTag, uint StoreTag, nint Functions, ulong Offset)
{
    /// <summary>The number of entries. A page has one place: its number modulo this.</summary>
    public const int Count = 8;

    /// <summary>The page; meaningful unless the entry is empty.</summary>
    public PageNumber Page => new(Math.Max(LoadTag, StoreTag) - 1);

    /// <summary>True if no page is shown.</summary>
    public bool IsEmpty => (LoadTag | StoreTag) == 0;

    /// <summary>The entry of a page.</summary>
    public static DevicePage Of(PageNumber page, bool mayLoad, bool mayStore, nint functions, ulong offset) =>
        new(mayLoad ? page.Value + 1 : 0, mayStore ? page.Value + 1 : 0, functions, offset);
}
