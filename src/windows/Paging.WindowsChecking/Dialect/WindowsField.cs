using Paging.Windows;

namespace Paging.WindowsChecking.Dialect;

/// <summary>The kind of one part of a result.</summary>
internal enum WindowsFieldKind : byte
{
    /// <summary><c>TRUE</c> or <c>FALSE</c>.</summary>
    Boolean,
    /// <summary>A number that prints in decimal.</summary>
    Number,
    /// <summary>A number that prints as <c>0x2000</c>.</summary>
    Size,
    /// <summary>A number that prints as <c>0x00002000</c>.</summary>
    Address,
    /// <summary>A <see cref="Windows.Win32Error"/>.</summary>
    Error,
    /// <summary>An <see cref="Windows.NtStatus"/>.</summary>
    Status,
    /// <summary>The status of an exception, under the dialect's name: <c>GUARD_PAGE</c>.</summary>
    Exception,
    /// <summary>A <see cref="Windows.AccessIntent"/>.</summary>
    Intent,
    /// <summary>A section by its number.</summary>
    Section,
    /// <summary>An open file by its number.</summary>
    OpenFile,
    /// <summary>PAGE_* or SEC_*, joined.</summary>
    Flags,
    /// <summary>MEM_*: state or kind of memory.</summary>
    Memory,
}

/// <summary>One part of a result: <c>base=0x20000000</c>, <c>PAGE_READWRITE</c>, <c>TRUE</c>.</summary>
/// <param name="Kind">The kind of field.</param>
/// <param name="Value">The number, or the value of the name.</param>
/// <param name="Key">The word in front of <c>=</c>, or null.</param>
internal readonly record struct WindowsField(WindowsFieldKind Kind, long Value, string? Key = null)
{
    private bool IsNumeric => Kind is WindowsFieldKind.Number or WindowsFieldKind.Size or WindowsFieldKind.Address;

    private bool BlamesAParameter => Kind == WindowsFieldKind.Status
        && (NtStatus)Value is NtStatus.InvalidParameter or (>= NtStatus.InvalidParameter1 and <= NtStatus.InvalidParameter9);

    /// <summary>
    /// True if two parts mean the same: numbers are equal however they are written, and which of several parameters a version of Windows
    /// blames is left open.
    /// </summary>
    public bool Agrees(WindowsField other) => (BlamesAParameter && other.BlamesAParameter)
        || (Value == other.Value && string.Equals(Key, other.Key, StringComparison.Ordinal)
            && (Kind == other.Kind || (IsNumeric && other.IsNumeric)));
}
