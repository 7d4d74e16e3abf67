using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Paging.Architecture.Tests;

/// <summary>Writes down what the public assemblies offer to an embedder: every public type and member, sorted, one line each.</summary>
/// <remarks>
/// Extension methods are listed with the type that they extend. Members that every ordered, formattable or enumerable type has are not
/// repeated: the list of interfaces implies them. The values of an enumeration are one member.
/// </remarks>
internal static class PublicSurface
{
    private static readonly string[] Names =
        ["Paging.Native", "Paging.Contracts", "Paging.Policies", "Paging.Core", "Paging.Programs", "Paging.Reports", "Paging.Costs",
            "Paging.Windows", "Paging.Pictures", "Paging.Remote", "Paging.Processors", "Paging.Guest", "Paging.Scripting",
            "Paging.HostKernel", "Paging.ReferenceModel", "Paging.Testing", "Paging.Testing.Xunit", "Paging.Tour", "Paging.Traces",
            "Paging.View", "Paging.WindowsChecking", "Paging.WindowsTour"];

    // What every record and every enum has.
    private static readonly HashSet<string> Synthesized = new(StringComparer.Ordinal)
    {
        "Equals", "GetHashCode", "ToString", "Deconstruct", "op_Equality", "op_Inequality", "<Clone>$", "PrintMembers",
        "get_EqualityContract",
    };

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(char)] = "char",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
    };

    /// <summary>The list, as PublicSurface.txt has to read.</summary>
    public static string Describe()
    {
        StringBuilder text = new();
        text.Append("Generated from the built assemblies: what an embedder can name. After a change that is meant:\n")
            .Append("PAGING_WRITE_API=1 dotnet test -c Release --project tests/Paging.Architecture.Tests --filter ApiTests\n");
        foreach (string name in Names) Describe(Assemblies.Load(name), text);
        return text.ToString();
    }

    private static void Describe(Assembly assembly, StringBuilder text)
    {
        text.Append("\n## ").Append(assembly.GetName().Name).Append("\n\n");
        Type[] types = assembly.GetExportedTypes();
        ILookup<Type, string> further = types.Where(Continues).SelectMany(static type => type.GetMethods(Assemblies.Everything))
            .Where(IsExtension).ToLookup(static method => Continued(method), Method);
        IEnumerable<Type> shown = types.Where(type => !(Continues(type) && further.Contains(TypeContinuedBy(type))));
        foreach (Type type in shown.OrderBy(static type => type.Namespace + "." + NameOf(type), StringComparer.Ordinal))
        {
            Append(text, "", $"{KindOf(type)} {type.Namespace}.{NameOf(type)}{BasesOf(type)}");
            IEnumerable<string> members = MembersOf(type).Concat(further[type]);
            foreach (string line in members.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)) Append(text, "    ", line);
        }
    }

    /// <summary>True for a static class of extensions of one type of its assembly: they are listed there.</summary>
    private static bool Continues(Type type)
    {
        if (type is not { IsAbstract: true, IsSealed: true }) return false;
        MethodInfo[] open = [.. type.GetMethods(Assemblies.Everything).Where(IsOpen)];
        bool hasOthers = type.GetFields(Assemblies.Everything).Any(static one => one.IsPublic)
            || type.GetProperties(Assemblies.Everything).Any(static one => Property(one) is not null);
        return open.Length > 0 && !hasOthers && open.All(IsExtension) && open.All(one => Continued(one).Assembly == type.Assembly);
    }

    private static Type TypeContinuedBy(Type type) => Continued(type.GetMethods(Assemblies.Everything).First(IsExtension));

    private static bool IsExtension(MethodInfo method) => IsOpen(method) && method.IsDefined(typeof(ExtensionAttribute));

    private static Type Continued(MethodInfo method)
    {
        Type type = method.GetParameters()[0].ParameterType;
        return type.IsByRef ? type.GetElementType()! : type;
    }

    /// <summary>Writes a line; a long one goes on after a comma, further in.</summary>
    private static void Append(StringBuilder text, string indent, string line)
    {
        const int columns = 140;
        string further = indent + "    ";
        for (; indent.Length + line.Length > columns; indent = further)
        {
            int cut = line.LastIndexOf(", ", columns - indent.Length - 1, StringComparison.Ordinal) + 1;
            if (cut == 0) break;
            text.Append(indent).Append(line, 0, cut).Append('\n');
            line = line[(cut + 1)..];
        }

        text.Append(indent).Append(line).Append('\n');
    }

    private static string KindOf(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly struct" : "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string BasesOf(Type type)
    {
        if (type.IsEnum) return "";
        IEnumerable<string> bases = type.GetInterfaces()
            .Where(static one => one.IsPublic && !one.Name.StartsWith("IEquatable", StringComparison.Ordinal))
            .Select(NameOf).Order(StringComparer.Ordinal);
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType)) bases = bases.Prepend(NameOf(parent));
        string list = string.Join(", ", bases);
        return list.Length == 0 ? "" : " : " + list;
    }

    private static IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum) return [Values(type)];
        HashSet<string> inherited = InterfaceMembersOf(type);
        const BindingFlags all = Assemblies.Everything;
        IEnumerable<string> members = type.GetConstructors(all).Where(IsOpen).Select(one => $"{Modifiers(one)}new({Parameters(one)})");
        members = members.Concat(type.GetFields(all).Where(static one => (one.IsPublic || one.IsFamily) && !Assemblies.IsGenerated(one))
            .Select(static one => $"{(one.IsLiteral ? "const " : one.IsStatic ? "static " : "")}{NameOf(one.FieldType)} {one.Name}"));
        members = members.Concat(type.GetProperties(all).Select(Property).OfType<string>());
        return members.Concat(type.GetMethods(all).Where(IsOpen)
            .Where(one => !Synthesized.Contains(one.Name) && !IsAccessor(one) && !IsComparison(one) && !inherited.Contains(one.ToString()!))
            .Select(Method));
    }

    private static string Values(Type type) =>
        string.Join(", ", Enum.GetNames(type).Select(name => $"{name} = {Enum.Format(type, Enum.Parse(type, name), "D")}"));

    /// <summary>The methods that the list of interfaces implies: "MemorySwapStore : ISwapStore" needs no list of them.</summary>
    private static HashSet<string> InterfaceMembersOf(Type type)
    {
        if (type.IsInterface) return [];
        IEnumerable<Type> interfaces = type.GetInterfaces().Where(static one => one.IsPublic);
        return interfaces.SelectMany(one => type.GetInterfaceMap(one).TargetMethods).Select(static one => one.ToString()!)
            .ToHashSet(StringComparer.Ordinal);
    }

    private static bool IsComparison(MethodInfo method) =>
        method.Name is "op_LessThan" or "op_LessThanOrEqual" or "op_GreaterThan" or "op_GreaterThanOrEqual";

    private static string Method(MethodInfo method) =>
        $"{Modifiers(method)}{NameOf(method.ReturnType)} {method.Name}{Generic(method)}({Parameters(method)})";

    private static string? Property(PropertyInfo property)
    {
        MethodInfo? get = property.GetMethod is { } reader && IsOpen(reader) ? reader : null;
        MethodInfo? set = property.SetMethod is { } writer && IsOpen(writer) ? writer : null;
        if ((get ?? set) is not { } any || Synthesized.Contains(any.Name)) return null;
        bool isInit = set?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        string accessors = (get is null ? "" : "get; ") + (set is null ? "" : isInit ? "init; " : "set; ");
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length == 0 ? property.Name : $"this[{NameOf(index[0].ParameterType)}]";
        return $"{Modifiers(any)}{NameOf(property.PropertyType)} {name} {{ {accessors}}}";
    }

    private static bool IsAccessor(MethodInfo method) =>
        method.Name.StartsWith("get_", StringComparison.Ordinal) || method.Name.StartsWith("set_", StringComparison.Ordinal);

    private static bool IsOpen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Modifiers(MethodBase method) =>
        (method.IsPublic ? "" : "protected ") + (method.IsStatic ? "static " : "")
        + (method is { IsAbstract: true, DeclaringType.IsInterface: false } ? "abstract " : "");

    private static string Generic(MethodInfo method) => method.IsGenericMethodDefinition
        ? $"<{string.Join(", ", method.GetGenericArguments().Select(static one => one.Name))}>" : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(one =>
    {
        string self = one.Position == 0 && method is MethodInfo info && IsExtension(info) ? "this " : "";
        string way = one.IsOut ? "out " : one.IsIn ? "in " : one.ParameterType.IsByRef ? "ref " : "";
        Type type = one.ParameterType.IsByRef ? one.ParameterType.GetElementType()! : one.ParameterType;
        return $"{self}{way}{NameOf(type)} {one.Name}{(one.HasDefaultValue ? " = …" : "")}";
    }));

    private static string NameOf(Type type)
    {
        if (Keywords.TryGetValue(type, out string? keyword)) return keyword;
        if (type.IsByRef) return "ref " + NameOf(type.GetElementType()!);
        if (type.IsArray) return NameOf(type.GetElementType()!) + "[]";
        if (type.IsPointer) return NameOf(type.GetElementType()!) + "*";
        if (Nullable.GetUnderlyingType(type) is { } inner) return NameOf(inner) + "?";
        if (!type.IsGenericType) return type.Name;
        return $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>";
    }
}
