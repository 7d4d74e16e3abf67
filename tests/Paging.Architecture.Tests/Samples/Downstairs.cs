using System.Diagnostics;
using System.Runtime.CompilerServices;
using Paging.Architecture.Tests.Samples.Upstairs;

namespace Paging.Architecture.Tests.Samples.Downstairs;

// Each type hides its use of the room above in another place. RoomReaderTests expects all whose name begins with "Uses".
internal sealed class UsesABase : Shape;

internal sealed class UsesAnInterface : IShape;

internal sealed class UsesAConstraint<T> where T : IShape;

internal sealed class UsesAField
{
    private readonly Point[] _points = [];

    public int Count => _points.Length;
}

internal static class UsesASignature
{
    public static bool IsNull(List<Shape>? shapes) => shapes is null;
}

internal static class UsesABody
{
    public static int Count() => Shape.Count;
}

internal static class UsesALocal
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Make()
    {
        Point point = default;
        Touch(ref Unsafe.As<Point, int>(ref point));
        return 0;
    }

    private static void Touch(ref int word) => word++;
}

internal static class UsesACatch
{
    public static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Trouble)
        {
            return false;
        }
    }
}

internal static class UsesATypeArgument
{
    public static object Make() => new Dictionary<int, Point>();
}

internal static class UsesAMethodArgument
{
    public static IEnumerable<object> Only(IEnumerable<object> all) => all.OfType<Shape>();
}

internal static class UsesAClosure
{
    public static Func<int, int> Make(int start) => step => start + step + Shape.Count;
}

internal static class UsesAnIterator
{
    public static IEnumerable<int> Numbers()
    {
        yield return 1;
        yield return Shape.Count;
    }
}

internal static class UsesASize
{
    public static int Length() => Unsafe.SizeOf<Point>();
}

[Mark]
internal static class UsesAnAttribute;

[DebuggerTypeProxy(typeof(Shape))]
internal sealed class UsesATypeInAnAttribute;

internal static class KeepsToItself
{
    public static int Count(IReadOnlyList<string> names) => names.Count + string.Join(',', names.Select(static name => name.Trim())).Length;
}
