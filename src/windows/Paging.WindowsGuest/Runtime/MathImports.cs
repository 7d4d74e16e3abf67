using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Functions of math.h. Those that mingw has in its own library are never imported.</summary>
internal static class MathImports
{
    public static ImportedCall[] All { get; } =
    [
        Of1("sin", Math.Sin), Of1("cos", Math.Cos), Of1("tan", Math.Tan), Of1("asin", Math.Asin), Of1("acos", Math.Acos),
        Of1("atan", Math.Atan), Of1("sinh", Math.Sinh), Of1("cosh", Math.Cosh), Of1("tanh", Math.Tanh), Of1("exp", Math.Exp),
        Of1("log", Math.Log), Of1("log10", Math.Log10), Of1("sqrt", Math.Sqrt), Of1("floor", Math.Floor), Of1("ceil", Math.Ceiling),
        Of1("fabs", Math.Abs),
        OfDouble("pow", static call => Math.Pow(call.Double(0), call.Double(2))),
        OfDouble("atan2", static call => Math.Atan2(call.Double(0), call.Double(2))),
        OfDouble("fmod", static call => call.Double(0) % call.Double(2)),
        OfDouble("ldexp", static call => Math.ScaleB(call.Double(0), (int)call[2])),
        OfDouble("frexp", static call => Split(call)),
        OfDouble("modf", static call => Part(call)),
        Of("_finite", static call => double.IsFinite(call.Double(0)) ? 1u : 0),
        Of("_isnan", static call => double.IsNaN(call.Double(0)) ? 1u : 0),
    ];

    private static ImportedCall Of1(string name, Func<double, double> function) => OfDouble(name, call => function(call.Double(0)));

    /// <summary>frexp: a part from ½ to 1, and a power of 2.</summary>
    private static double Split(RuntimeCall call)
    {
        double value = call.Double(0);
        bool isPlain = double.IsFinite(value) && value != 0;
        int exponent = isPlain ? Math.ILogB(value) + 1 : 0;    // ILogB is for a part from 1 to 2
        call.PutWord(call[2], (uint)exponent);
        return isPlain ? Math.ScaleB(value, -exponent) : value;
    }

    /// <summary>modf: the whole part goes to memory, the rest is returned. Both have the number's sign.</summary>
    private static double Part(RuntimeCall call)
    {
        double value = call.Double(0), whole = Math.Truncate(value);
        call.Put(call[2], BitConverter.GetBytes(whole));
        return double.IsInfinity(value) ? Math.CopySign(0, value) : Math.CopySign(value - whole, value);
    }
}
