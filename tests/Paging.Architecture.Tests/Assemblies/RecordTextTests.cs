using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The text of a record ends: none prints a property that leads back to its own type.</summary>
/// <remarks>
/// The compiler makes a record's ToString from all its public properties, computed ones too. Where one of them gives a record of the same
/// type, printing never ends, and a debugger or a log line ends the process.
/// </remarks>
public sealed class RecordTextTests
{
    private const string Printer = "PrintMembers";

    public static TheoryData<string> Layers =>
    [
        "Paging.Native", "Paging.Contracts", "Paging.Policies", "Paging.Core", "Paging.Programs", "Paging.Reports", "Paging.Costs",
        "Paging.Scripting", "Paging.HostKernel", "Paging.Processors", "Paging.Guest", "Paging.Windows", "Paging.WindowsChecking",
        "Paging.Remote", "Paging.Traces", "paging",
    ];

    [Theory, MemberData(nameof(Layers))]
    public void NoRecordPrintsItselfAgain(string assembly)
    {
        IEnumerable<string> endless = Assembly.Load(assembly).GetTypes()
            .Where(static type => IsPrinted(type) && LeadsTo(type, type, [])).Select(static type => type.Name);
        Assert.Empty(endless);
    }

    [Fact]
    public void TheRuleSeesARecordThatDoes()
    {
        Assert.True(LeadsTo(typeof(Endless), typeof(Endless), []));
        Assert.True(LeadsTo(typeof(There), typeof(There), []));
        Assert.False(LeadsTo(typeof(Counted), typeof(Counted), []));
    }

    /// <summary>True if the text of a type contains that of the target, itself or by way of others.</summary>
    private static bool LeadsTo(Type type, Type target, HashSet<Type> seen) =>
        seen.Add(type) && PrintedIn(type).Any(part => part == target || (IsPrinted(part) && LeadsTo(part, target, seen)));

    private static IEnumerable<Type> PrintedIn(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static property => property.CanRead
                && property.GetIndexParameters().Length == 0).Select(static property => property.PropertyType)
            .Concat(type.GetFields(BindingFlags.Public | BindingFlags.Instance).Select(static field => field.FieldType))
            .Select(static part => Nullable.GetUnderlyingType(part) ?? part);

    /// <summary>True for a record whose text the compiler makes.</summary>
    private static bool IsPrinted(Type type) =>
        type.GetMethod(Printer, Assemblies.Everything) is { } printer && printer.IsDefined(typeof(CompilerGeneratedAttribute))
        && type.GetMethod(nameof(ToString), Assemblies.Everything, []) is { } text && text.IsDefined(typeof(CompilerGeneratedAttribute));

    private readonly record struct Endless(int Number)
    {
        public Endless Next => new(Number + 1);
    }

    private readonly record struct There(int Number)
    {
        public Back Back => new(Number);
    }

    private readonly record struct Back(int Number)
    {
        public There There => new(Number);
    }

    private readonly record struct Counted(int Number)
    {
        public static Counted Zero => default;

        public Counted Next() => new(Number + 1);
    }
}
