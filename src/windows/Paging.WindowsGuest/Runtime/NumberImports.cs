using System.Globalization;
using System.Text;
using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Functions of stdlib.h on numbers: read from texts, written as texts, random, divided.</summary>
internal static class NumberImports
{
    private const uint RandomFactor = 214_013, RandomTerm = 2_531_011;    // of Microsoft's C library: sequences of programs repeat

    public static ImportedCall[] All { get; } =
    [
        Of("atoi", static call => (uint)NumeralText.Read(call.Text(call[0]), 10, int.MinValue, int.MaxValue, out _, out _)),
        Of("atol", static call => (uint)NumeralText.Read(call.Text(call[0]), 10, int.MinValue, int.MaxValue, out _, out _)),
        Of("_atoi64", static call => call.Long(NumeralText.Read(call.Text(call[0]), 10, long.MinValue, long.MaxValue, out _, out _))),
        OfDouble("atof", static call => NumeralText.ReadDouble(call.Text(call[0]), out _)),
        OfDouble("strtod", static call => ReadDouble(call)),
        Of("strtol", static call => (uint)ReadNumber(call, int.MinValue, int.MaxValue)),
        Of("strtoul", static call => (uint)ReadNumber(call, -(long)uint.MaxValue, uint.MaxValue)),
        Of("_strtoi64", static call => call.Long(ReadNumber(call, long.MinValue, long.MaxValue))),
        Of("_strtoui64", static call => call.Long(ReadNumber(call, long.MinValue, long.MaxValue))),
        Of("_itoa", static call => Write(call, (int)call[0], call[0], call[1], call[2])),
        Of("_ltoa", static call => Write(call, (int)call[0], call[0], call[1], call[2])),
        Of("_ultoa", static call => Write(call, call[0], call[0], call[1], call[2])),
        Of("_i64toa", static call => Write64(call, isSigned: true)),
        Of("_ui64toa", static call => Write64(call, isSigned: false)),
        Of("srand", static call => call.Thread.RandomState = call[0]),
        Of("rand", static call => ((call.Thread.RandomState = (call.Thread.RandomState * RandomFactor) + RandomTerm) >> 16) & 0x7FFF),
        Of("abs", static call => (int)call[0] < 0 ? 0 - call[0] : call[0]),
        Of("labs", static call => (int)call[0] < 0 ? 0 - call[0] : call[0]),
        Of("div", static call => Divide(call)),
        Of("ldiv", static call => Divide(call)),
    ];

    private static long ReadNumber(RuntimeCall call, long least, long most)
    {
        long value = NumeralText.Read(call.Text(call[0]), (int)call[2], least, most, out int length, out bool isInRange);
        if (call[1] != 0) call.PutWord(call[1], call[0] + (uint)length);
        if (!isInRange) call.Fail(RuntimeError.Range, 0);
        return value;
    }

    private static double ReadDouble(RuntimeCall call)
    {
        double value = NumeralText.ReadDouble(call.Text(call[0]), out int length);
        if (call[1] != 0) call.PutWord(call[1], call[0] + (uint)length);
        if (double.IsInfinity(value)) call.Fail(RuntimeError.Range, 0);
        return value;
    }

    /// <summary>Negative numbers have a sign in base 10 only.</summary>
    private static uint Write(RuntimeCall call, long value, uint bits, uint place, uint numberBase)
    {
        if (numberBase is < 2 or > 36) return call.Fail(RuntimeError.Invalid, place);
        string text = numberBase == 10 ? value.ToString(CultureInfo.InvariantCulture) : NumeralText.InBase(bits, numberBase);
        call.PutText(place, Encoding.Latin1.GetBytes(text));
        return place;
    }

    private static uint Write64(RuntimeCall call, bool isSigned)
    {
        ulong bits = call[0] | ((ulong)call[1] << 32);
        if (call[3] is < 2 or > 36) return call.Fail(RuntimeError.Invalid, call[2]);
        string text = isSigned && call[3] == 10 ? ((long)bits).ToString(CultureInfo.InvariantCulture) : NumeralText.InBase(bits, call[3]);
        call.PutText(call[2], Encoding.Latin1.GetBytes(text));
        return call[2];
    }

    private static uint? Divide(RuntimeCall call)
    {
        (int above, int below) = ((int)call[0], (int)call[1]);
        if (below == 0 || (above == int.MinValue && below == -1))    // idiv traps for both
            return call.Frame.Raise(new(below == 0 ? 0xC000_0094 : 0xC000_0095, 0, new(call.Thread.Context.Registers.Eip), []));
        call.Thread.Context.Registers.Edx = (uint)(above % below);
        return (uint)(above / below);
    }
}
