using Paging.Native;

namespace Paging.Pictures.Figures;

/// <summary>An address that a program has used, as a picture shows it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Words">The event there, in a few words.</param>
/// <param name="IsRefused">True if the access ended in a signal.</param>
public readonly record struct AddressMark(VirtualAddress Address, string Words, bool IsRefused = false);
