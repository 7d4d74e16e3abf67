using Paging.Native;

namespace Paging.Windows;

/// <summary>The kind of the access: the first parameter of the exception.</summary>
public enum AccessIntent : uint
{
    /// <summary>To read.</summary>
    Read = 0,
    /// <summary>To write.</summary>
    Write = 1,
    /// <summary>To execute.</summary>
    Execute = 8,
}

/// <summary>The exception that an access raises; the default value means none. The access has not happened.</summary>
/// <param name="Code">
/// <see cref="NtStatus.AccessViolation"/>, <see cref="NtStatus.GuardPageViolation"/>, <see cref="NtStatus.StackOverflow"/> or
/// <see cref="NtStatus.InPageError"/>.
/// </param>
/// <param name="Intent">The kind of access.</param>
/// <param name="Address">The first byte of the access that lies in the page at fault.</param>
/// <param name="Reason">The reason for an in-page error.</param>
/// <remarks>Windows: EXCEPTION_RECORD. Linux has signals instead (<c>MemoryFault</c>), and no guard pages that disappear.</remarks>
public readonly record struct MemoryException(NtStatus Code, AccessIntent Intent, VirtualAddress Address,
    NtStatus Reason = NtStatus.Success);
