using System.Globalization;

namespace Paging.Costs.Hardware;

/// <summary>The number of a 4 KB page of a linear address: of 32 bits in the engine, of up to 64 in a trace.</summary>
/// <param name="Value">The linear address without its low 12 bits.</param>
public readonly record struct LinearPage(ulong Value)
{
    /// <summary>Prints the number in hexadecimal.</summary>
    public override string ToString() => Value.ToString("x", CultureInfo.InvariantCulture);
}
