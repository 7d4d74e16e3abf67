using Paging.Native;

namespace Paging.Pictures.Figures;

/// <summary>A variable of a program.</summary>
/// <param name="Name">As the program calls it.</param>
/// <param name="Address">Its address.</param>
/// <param name="Value">The value, in words.</param>
/// <param name="PointsAt">The address that it leads to, if it is a pointer that has been read.</param>
public sealed record VariableView(string Name, VirtualAddress Address, string Value, VirtualAddress? PointsAt = null);
