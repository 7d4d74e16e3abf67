using System.Globalization;

namespace Paging.Costs.Hardware;

/// <summary>The number of a 4 KB page of a linear address: of 32 bits in the engine, of up to 64 in a trace.</summary>
/// <param name="Value">The linear address without its low 12 bits: below 2^52.</param>
/// <exception cref="ArgumentOutOfRangeException">It has more bits.</exception>
public readonly record struct LinearPage(ulong Value)
{
    private const ulong ValueMax = ulong.MaxValue >> 12;

    /// <summary>The linear address without its low 12 bits.</summary>
    public ulong Value { get; init => field = Checked(value); } = Checked(Value);

    private static ulong Checked(ulong value, string parameter = nameof(Value))
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ValueMax, parameter);
        return value;
    }

    /// <summary>Prints the number in hexadecimal.</summary>
    public override string ToString() => Value.ToString("x", CultureInfo.InvariantCulture);
}
